"""The SSH server: who gets in, how, and what may be done with the connection."""

from nephoscope.agent.benchmark import Check
from nephoscope.agent.kinds import SshdOption, Wanted

NO = Wanted("is", "no")
YES = Wanted("is", "yes")
WEAK_CIPHERS = (
    "3des-cbc",
    "aes128-cbc",
    "aes192-cbc",
    "aes256-cbc",
    "rijndael-cbc@lysator.liu.se",
    "arcfour",
    "arcfour128",
    "arcfour256",
    "blowfish-cbc",
    "cast128-cbc",
)
WEAK_MACS = (
    "hmac-md5",
    "hmac-md5-96",
    "hmac-ripemd160",
    "hmac-sha1",
    "hmac-sha1-96",
    "umac-64@openssh.com",
    "hmac-md5-etm@openssh.com",
    "hmac-md5-96-etm@openssh.com",
    "hmac-sha1-96-etm@openssh.com",
    "umac-64-etm@openssh.com",
)
WEAK_KEX = ("diffie-hellman-group1-sha1", "diffie-hellman-group14-sha1", "diffie-hellman-group-exchange-sha1")
DATA = "data leaves, or others come in, through the connection."

ROWS = (
    (
        "ssh_root_cannot_log_in",
        "Root cannot log in by SSH",
        "PermitRootLogin",
        NO,
        "nobody can tell which person acted, and one stolen key is all of the host.",
    ),
    (
        "ssh_passwords_are_off",
        "SSH takes no passwords",
        "PasswordAuthentication",
        NO,
        "passwords are guessed from the internet all day.",
    ),
    (
        "ssh_empty_passwords_are_refused",
        "SSH refuses empty passwords",
        "PermitEmptyPasswords",
        NO,
        "an account without a password is open to everybody.",
    ),
    (
        "ssh_hosts_are_not_trusted",
        "SSH trusts no host's word about its users",
        "HostbasedAuthentication",
        NO,
        "one host that was taken over opens the others.",
    ),
    (
        "ssh_ignores_rhosts",
        "SSH ignores users' trust files",
        "IgnoreRhosts",
        YES,
        "a user opens the account to another host.",
    ),
    (
        "ssh_user_environment_is_refused",
        "SSH takes no environment from users' files",
        "PermitUserEnvironment",
        NO,
        "a preloaded library goes past restrictions on commands.",
    ),
    ("ssh_uses_pam", "SSH uses PAM", "UsePAM", YES, "limits, lock-out and account rules do not hold."),
    (
        "ssh_files_are_checked",
        "SSH checks the modes of users' files",
        "StrictModes",
        YES,
        "keys are taken from files that others may write.",
    ),
    (
        "ssh_public_keys_are_taken",
        "SSH takes public keys",
        "PubkeyAuthentication",
        YES,
        "people are driven back to passwords.",
    ),
    (
        "ssh_tries_are_few",
        "SSH ends a connection after four wrong tries",
        "MaxAuthTries",
        Wanted("between", (1, 4)),
        "passwords are guessed faster.",
    ),
    (
        "ssh_grace_is_short",
        "SSH waits at most a minute for a log-in",
        "LoginGraceTime",
        Wanted("between", (1, 60)),
        "connections that never log in use up the server.",
    ),
    (
        "ssh_sessions_are_bounded",
        "SSH allows at most ten sessions in a connection",
        "MaxSessions",
        Wanted("between", (0, 10)),
        "one connection uses up the server.",
    ),
    (
        "ssh_idle_clients_are_noticed",
        "SSH asks idle clients whether they are there",
        "ClientAliveInterval",
        Wanted("between", (1, 900)),
        "a session that was left stays open for whoever finds it.",
    ),
    (
        "ssh_dead_clients_are_dropped",
        "SSH drops clients that do not answer",
        "ClientAliveCountMax",
        Wanted("between", (1, 3)),
        "a session that was left stays open for whoever finds it.",
    ),
    (
        "ssh_log_level_is_useful",
        "SSH logs who logged in with which key",
        "LogLevel",
        Wanted("one_of", ("info", "verbose")),
        "a log-in cannot be traced to a key.",
    ),
    (
        "ssh_logs_to_auth",
        "SSH logs where log-ins are looked for",
        "SyslogFacility",
        Wanted("one_of", ("auth", "authpriv")),
        "log-ins are missing where they are watched.",
    ),
    (
        "ssh_shows_a_banner",
        "SSH shows a banner",
        "Banner",
        Wanted("is_set"),
        "intruders can say that nobody told them.",
    ),
    ("ssh_x11_is_off", "SSH forwards no X11", "X11Forwarding", NO, "the server reaches into the user's display."),
    (
        "ssh_agent_is_not_forwarded",
        "SSH forwards no key agents",
        "AllowAgentForwarding",
        NO,
        "root of this host uses the keys of whoever logs in.",
    ),
    ("ssh_tcp_is_not_forwarded", "SSH forwards no TCP connections", "AllowTcpForwarding", NO, DATA),
    ("ssh_tunnels_are_off", "SSH makes no tunnels", "PermitTunnel", NO, DATA),
    ("ssh_gateway_ports_are_off", "SSH opens no forwarded ports to others", "GatewayPorts", NO, DATA),
    (
        "ssh_gssapi_is_off",
        "SSH takes no GSSAPI tickets",
        "GSSAPIAuthentication",
        NO,
        "more code before the log-in; hosts of a domain need a waiver.",
    ),
    (
        "ssh_kerberos_is_off",
        "SSH takes no Kerberos passwords",
        "KerberosAuthentication",
        NO,
        "more code before the log-in; hosts of a domain need a waiver.",
    ),
    (
        "ssh_last_login_is_shown",
        "SSH shows the last log-in",
        "PrintLastLog",
        YES,
        "people do not notice that somebody else used their account.",
    ),
    (
        "ssh_ciphers_are_strong",
        "SSH offers no weak ciphers by configuration",
        "Ciphers",
        Wanted("none_of", WEAK_CIPHERS),
        "what was recorded is decrypted.",
    ),
    (
        "ssh_macs_are_strong",
        "SSH offers no weak authentication codes by configuration",
        "MACs",
        Wanted("none_of", WEAK_MACS),
        "what is sent can be changed on the way.",
    ),
    (
        "ssh_key_exchange_is_strong",
        "SSH offers no weak key exchange by configuration",
        "KexAlgorithms",
        Wanted("none_of", WEAK_KEX),
        "what was recorded is decrypted.",
    ),
)

CHECKS = tuple(Check(name, title, why, SshdOption(option, wanted)) for name, title, option, wanted, why in ROWS)
