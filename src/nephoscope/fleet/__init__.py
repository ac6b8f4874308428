"""The gateway's side of host agents: who may join, what a request proves, what an upload says, what a policy asks for.

Nothing here opens a store or a socket: it is handed what it needs. The words on the wire are in
`docs/decisions/0010-agent-protocol.md`.
"""
