from dataclasses import replace

import pytest

from nephoscope.config import Config, Evidence
from nephoscope.model.errors import CustodyError
from nephoscope.respond.evidence.vault import opened_vault
from nephoscope.respond.evidence.verify import verify
from nephoscope.signing import opened_key
from nephoscope.store.ledger import open_ledger
from nephoscope.store.state import put_state


def test_evidence_lies_in_the_data_folder_unless_another_is_named(tmp_path, ledger):
    vault = opened_vault(Config(data=tmp_path / "data"), ledger)
    assert vault.storage.place == str(tmp_path / "data" / "evidence")
    assert vault.key_file == tmp_path / "data" / "evidence.key"


def test_a_manifest_that_a_kill_left_unpublished_is_published_at_the_next_start(config, ledger, sealed):
    place = sealed.storage.root
    for run in ("run-2", "run-3"):
        (place / f"cases/{run}/manifest.dsse.json").unlink()
    with ledger.write() as connection:
        put_state(connection, "evidence/published", {str(place): 1})
    assert not verify(sealed.storage, sealed.keys()).is_proven
    opened_vault(config, ledger)
    assert verify(sealed.storage, sealed.keys()).is_proven


def test_what_an_older_key_signed_stays_valid(config, ledger, sealed, keep):
    before = sealed.signer.key_id
    after = sealed.rotate().key_id
    vault = opened_vault(config, ledger)
    box = vault.box("run-4")
    keep(box, "a", b"a")
    assert box.seal().key_id == after != before
    report = verify(vault.storage, vault.keys())
    assert report.is_proven
    assert {manifest.key_id for manifest in report.manifests.values()} == {before, after}
    assert sorted(path.stem for path in (vault.storage.root / "keys").iterdir()) == sorted([before, after])
    old = {before: vault.keys()[before]}
    assert {flaw.kind for flaw in verify(vault.storage, old).flaws} == {"unknown key", "extra"}


def test_a_named_key_signs_and_is_not_rotated(tmp_path, config, ledger, keep):
    signer = opened_key(tmp_path / "named.pem")
    named = replace(config, evidence=Evidence(folder=tmp_path / "evidence", key_file=tmp_path / "named.pem"))
    vault = opened_vault(named, ledger)
    box = vault.box("run")
    keep(box, "a", b"a")
    assert box.seal().key_id == signer.key_id
    with pytest.raises(CustodyError, match="the operator's"):
        vault.rotate()


def test_without_its_named_key_nothing_is_sealed_and_nothing_is_lost(tmp_path, config, ledger, keep):
    named = replace(config, evidence=Evidence(folder=tmp_path / "evidence", key_file=tmp_path / "absent.pem"))
    box = opened_vault(named, ledger).box("run")
    keep(box, "a", b"a")
    with pytest.raises(CustodyError, match="absent.pem"):
        box.seal()
    opened_key(tmp_path / "absent.pem")
    assert len(opened_vault(named, ledger).box("run").seal().captures) == 1


def test_a_bucket_needs_an_account(config, ledger):
    with pytest.raises(CustodyError, match="needs an AWS account"):
        opened_vault(replace(config, evidence=Evidence(bucket="b")), ledger)


def test_what_is_not_sealed_has_no_manifest(vault, keep):
    keep(vault.box("run"), "a", b"a")
    with pytest.raises(CustodyError, match="is not sealed"):
        vault.sealed("run")


def test_a_restored_ledger_does_not_fork_the_chain_in_silence(tmp_path, config, sealed, keep):
    """A ledger put back to an earlier day seals a second manifest of the same number: the place already has it."""
    other = replace(config, data=tmp_path / "restored")
    (tmp_path / "restored").mkdir()
    (tmp_path / "restored" / "evidence.key").write_bytes(sealed.key_file.read_bytes())
    (tmp_path / "restored" / "evidence.key").chmod(0o600)
    with open_ledger(other.ledger_url) as ledger:
        box = opened_vault(other, ledger).box("run-new")
        keep(box, "a", b"a")
        box.seal()
    kinds = {flaw.kind for flaw in verify(sealed.storage, sealed.keys()).flaws}
    assert "out of order" in kinds
