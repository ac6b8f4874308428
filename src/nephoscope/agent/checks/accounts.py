"""Accounts, groups and homes."""

from nephoscope.agent.benchmark import LIKE_DEBIAN, Check
from nephoscope.agent.kinds_accounts import AccountRule

ROWS = (
    ("only_root_has_uid_0", "Only root is root", 0, "an account of another name has all of root's rights."),
    ("root_has_gid_0", "Root's group is root", 0, "root's files fall to another group."),
    ("passwords_are_shadowed", "No password is kept in passwd", 0, "everybody can read its hash."),
    ("no_password_is_empty", "No account has an empty password", 0, "the account is open to everybody."),
    (
        "uids_are_unique",
        "No two accounts share a number",
        0,
        "one owns the other's files, and logs name the wrong one.",
    ),
    ("user_names_are_unique", "No two accounts share a name", 0, "which one logs in is a matter of order."),
    ("gids_are_unique", "No two groups share a number", 0, "one has the other's rights."),
    ("group_names_are_unique", "No two groups share a name", 0, "who is in the group is a matter of order."),
    ("groups_exist", "Every account's group is there", 0, "whoever makes the group next gets its files."),
    (
        "system_accounts_cannot_log_in",
        "System accounts cannot log in",
        0,
        "a service that was taken over opens a shell.",
    ),
    ("system_accounts_have_no_password", "System accounts have no password", 0, "a service's account is logged in to."),
    ("homes_exist", "Every person's home is there", 0, "whoever makes the folder next decides what runs at log-in."),
    ("homes_are_private", "Homes are their owners' alone", 0, "others read keys and change what runs at log-in."),
    (
        "ssh_folders_are_private",
        "SSH keys can be changed by their owners only",
        0,
        "others add their key, or take the private one.",
    ),
    (
        "homes_hold_no_trust_files",
        "Homes hold no files that trust other hosts",
        0,
        "passwords in clear, and doors for other hosts.",
    ),
    ("passwords_expire", "Every password expires within a year", 365, "a stolen password is good for ever."),
    (
        "passwords_last",
        "Every password lasts at least a day",
        1,
        "the history of passwords is run through in a minute.",
    ),
    (
        "expiry_is_warned_of",
        "Everybody is warned a week before a password expires",
        7,
        "people are locked out, and choose in haste.",
    ),
    ("password_hashes_are_strong", "Every password is hashed strongly", 0, "stolen hashes are turned into passwords."),
)

CHECKS = (
    *(Check(rule, title, why, AccountRule(rule, number)) for rule, title, number, why in ROWS),
    Check(
        "shadow_group_is_empty",
        "Nobody is in the group shadow",
        "its members read password hashes.",
        AccountRule("shadow_group_is_empty"),
        LIKE_DEBIAN,
    ),
)
