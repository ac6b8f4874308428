"""Who asks: passwords, passkeys, OpenID Connect, sessions and tokens → a `Caller`."""
