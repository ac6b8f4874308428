"""Every page of the portal, with something on it."""

HOST = "a" * 32


def pages(visitor):
    """Their paths, by name; keys are those of this portal."""
    item = next(each for each in visitor.ask("items?q=name:logs&limit=50")["items"] if each["name"] == "logs")
    finding, other = visitor.ask("findings?q=kind:detection&limit=2")["items"]
    event = visitor.ask("events?limit=1")["items"][0]
    change = visitor.ask("changes?q=kind:changed&limit=1")["items"][0]
    check = visitor.ask("checks?limit=1")["items"][0]
    rule = visitor.ask("rules?limit=1")["items"][0]
    framework = visitor.ask("frameworks?limit=1")["items"][0]
    file_change = visitor.ask("file-changes?limit=1")["items"][0]
    resource = f"/items/{item['key']}"
    return {
        "overview": "/",
        "findings": "/findings",
        "finding in the panel": f"/findings?open={finding['uid']}",
        "finding": f"/findings/{finding['uid']}",
        "two findings compared": f"/findings/compare?one={finding['uid']}&other={other['uid']}",
        "inventory": "/items",
        "resource": resource,
        "timeline": f"{resource}?tab=timeline",
        "resource's findings": f"{resource}?tab=findings",
        "resource's events": f"{resource}?tab=events",
        "relations": f"{resource}?tab=graph",
        "relations as a list": f"{resource}?tab=graph&as=list",
        "events": "/events",
        "event": f"/events/{event['key']}",
        "live events": "/events?mode=tail",
        "sql": "/events?mode=sql",
        "changes": "/changes",
        "change": f"/changes/{change['key']}",
        "hosts": "/hosts",
        "host in the panel": f"/hosts?open={HOST}",
        "host": f"/hosts/{HOST}",
        "host's facts": f"/hosts/{HOST}?tab=facts",
        "host's tables": f"/hosts/{HOST}?tab=tables",
        "host's table": f"/hosts/{HOST}?tab=tables&table=users",
        "host's files": f"/hosts/{HOST}?tab=file_changes",
        "host's vulnerabilities": f"/hosts/{HOST}?tab=vulnerabilities",
        "host's coverage": f"/hosts/{HOST}?tab=gaps",
        "join tokens": "/join-tokens",
        "new join token": "/join-tokens?new=1",
        "integrity": "/integrity",
        "change of a file": f"/integrity?open={file_change['id']}",
        "baselines": "/integrity/baselines",
        "coverage": "/coverage",
        "hours": "/coverage/hours",
        "checks": "/checks",
        "check": f"/checks/{check['name']}",
        "frameworks": "/frameworks",
        "framework": f"/frameworks/{framework['name']}",
        "rules": "/rules",
        "rule": f"/rules/{rule['id']}",
        "vulnerabilities": "/vulnerabilities",
        "vulnerable packages": "/packages",
        "targets": "/targets",
        "advisories": "/advisories",
        "waivers": "/waivers",
        "proposal of a waiver": "/waivers?new=1",
        "runs": "/runs",
        "run": "/runs/sealed",
        "evidence": "/evidence",
        "evidence in the panel": "/evidence?open=sealed",
        "case": "/evidence/sealed",
        "playbooks": "/playbooks",
        "playbook": "/playbooks?open=quarantine_instance",
        "triggers": "/triggers",
        "trigger": "/triggers?open=close_bucket_made_public",
        "accounts": "/accounts",
        "onboarding": "/accounts?add=1",
        "account": "/accounts/111111111111",
        "exporters": "/exporters",
        "exporter": "/exporters?open=chat",
        "deliveries": "/deliveries",
        "delivery": "/deliveries?open=parked",
        "users": "/admin/users",
        "invitation": "/admin/users?new=1",
        "sessions": "/admin/sessions",
        "tokens": "/admin/tokens",
        "audit": "/admin/audit",
        "system": "/admin/system",
        "oneself": "/me",
        "nothing": "/no-such-page",
    }
