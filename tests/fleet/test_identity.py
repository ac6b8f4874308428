import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from cryptography.x509.oid import NameOID

from nephoscope.fleet.ber import CONSTRUCTED, parse
from nephoscope.fleet.identity import check_document, read_certificates
from nephoscope.model.errors import ConfigError, HostRefused

DOCUMENT = '{\n  "instanceId" : "i-0123456789abcdef0",\n  "accountId" : "111122223333"\n}'
FORMS = {
    "attributes": [PKCS7Options.Binary],
    "bare": [PKCS7Options.Binary, PKCS7Options.NoAttributes],
    "detached": [PKCS7Options.Binary, PKCS7Options.DetachedSignature],
    "no certificates": [PKCS7Options.Binary, PKCS7Options.NoCerts],
}


def certificate(key):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "region")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    return made.sign(key, hashes.SHA256())


@pytest.fixture(scope="module")
def ours():
    """The key of a cloud, and its certificate."""
    key = rsa.generate_private_key(65537, 2048)
    return key, certificate(key)


@pytest.fixture(scope="module")
def theirs():
    """Somebody else's."""
    key = rsa.generate_private_key(65537, 2048)
    return key, certificate(key)


def signed(pair, form="attributes", document=DOCUMENT, digest=None):
    key, made = pair
    builder = PKCS7SignatureBuilder().set_data(document.encode()).add_signer(made, key, digest or hashes.SHA256())
    return builder.sign(Encoding.DER, FORMS[form])


def indefinite(value, keep=()):
    """The same message with indefinite lengths, as AWS sends it; attributes stay as they were signed."""
    if not value.tag & CONSTRUCTED or value.raw in keep:
        return value.raw
    return bytes((value.tag, 0x80)) + b"".join(indefinite(part, keep) for part in value.parts) + b"\0\0"


def text(der):
    return base64.encodebytes(der).decode()


@pytest.mark.parametrize("form", FORMS)
def test_a_document_that_was_signed_is_taken(ours, theirs, form):
    keys = [theirs[1].public_key(), ours[1].public_key()]

    check_document(DOCUMENT, text(signed(ours, form)), keys)


@pytest.mark.parametrize("form", ["attributes", "bare"])
def test_a_message_of_indefinite_lengths_is_taken(ours, form):
    message = parse(signed(ours, form))
    signer = message.parts[1].parts[0].parts[-1].parts[0]
    told = indefinite(message, keep=(signer.parts[3].raw,))

    assert told[1] == 0x80
    check_document(DOCUMENT, text(told), [ours[1].public_key()])


@pytest.mark.parametrize("form", FORMS)
def test_another_document_or_another_signer_is_refused(ours, theirs, form):
    other = DOCUMENT.replace("i-0", "i-1")
    for document, pair in ((other, ours), (DOCUMENT, theirs)):
        with pytest.raises(HostRefused) as refused:
            check_document(document, text(signed(pair, form)), [ours[1].public_key()])
        assert refused.value.kind == "identity"


def test_the_certificate_in_the_message_proves_nothing(ours, theirs):
    with pytest.raises(HostRefused):
        check_document(DOCUMENT, text(signed(theirs)), [ours[1].public_key()])
    with pytest.raises(HostRefused):
        check_document(DOCUMENT, text(signed(theirs)), [])


def test_another_digest_is_refused(ours):
    with pytest.raises(HostRefused, match="SHA-256"):
        check_document(DOCUMENT, text(signed(ours, digest=hashes.SHA512())), [ours[1].public_key()])


def test_every_byte_that_is_changed_or_missing_is_refused_or_says_the_same(ours):
    """Bytes outside what is signed (the certificate, the signer's name) may differ; the document never does."""
    der, keys = signed(ours, "no certificates"), [ours[1].public_key()]
    for place in range(len(der)):
        for changed in (der[:place], der[:place] + bytes((der[place] ^ 0x41,)) + der[place + 1 :]):
            try:
                check_document(DOCUMENT, text(changed), keys)
            except HostRefused:
                continue
            with pytest.raises(HostRefused):
                check_document(DOCUMENT + " ", text(changed), keys)


@pytest.mark.parametrize("signature", ["", "!", "é", "AAAA", base64.b64encode(b"0" * 20_000).decode()])
def test_what_is_no_message_is_refused(ours, signature):
    with pytest.raises(HostRefused) as refused:
        check_document(DOCUMENT, signature, [ours[1].public_key()])
    assert len(refused.value.detail) < 300


def test_certificates_are_read_from_one_file(ours, theirs, tmp_path):
    file = tmp_path / "aws.pem"
    file.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for _, each in (ours, theirs)))
    check_document(DOCUMENT, text(signed(theirs)), read_certificates(file))

    for content in (b"", b"x", certificate(ec.generate_private_key(ec.SECP256R1())).public_bytes(Encoding.PEM)):
        file.write_bytes(content)
        with pytest.raises(ConfigError, match="identity_certificate"):
            read_certificates(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_certificates(tmp_path / "none")
