"""What makes the lake's and the ledger's tables: numbered, only ever adding, safe to repeat after a kill."""
