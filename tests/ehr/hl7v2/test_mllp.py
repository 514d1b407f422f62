"""A real line: pieces and packets, two at once, `kill -9`, TLS, a stop in the middle."""

from __future__ import annotations

import datetime as dt
import ipaddress
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import hl7.client
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.ehr.hl7v2.conftest import (
    BEGIN,
    END,
    Hospital,
    Line,
    answer,
    codes,
    make_token,
    server,
)
from tests.ehr.hl7v2.messages import PID, adt, obx, oru, pv1
from tests.running import ROOT
from toxmon.actions import Service, tokens
from toxmon.ehr.hl7v2.frames import Frames, TooLarge
from toxmon.store import tokens as token_rows
from toxmon.store.sqlite import choose_library

Standing = tuple[Line, Hospital]


def person(mrn: str) -> str:
    return PID.replace("A1^", f"{mrn}^")


def result(mrn: str, id_: str, value: str = "500") -> bytes:
    request = f"OBR|1|P-{mrn}|F-{mrn}|CHEM|||20260301070000+0100"
    return oru(id_, obx(value), pid=person(mrn), request=request)


def facts_of(hospital: Hospital, kind: str = "ferritin") -> int:
    rows = hospital.service.store.query(
        "select count(*) as n from fact where kind = :kind", {"kind": kind}
    )
    found: int = rows[0]["n"]
    return found


def test_frames_in_any_pieces_and_packets_are_found() -> None:
    data = b"junk" + BEGIN + b"one" + END + b"\r\n" + BEGIN + b"two\x1c still" + END + BEGIN
    for size in range(1, len(data)):
        frames = Frames(100)
        pieces = [data[n : n + size] for n in range(0, len(data), size)]
        found = [message for piece in pieces for message in frames.feed(piece)]
        assert found == [b"one", b"two\x1c still"]
        assert (frames.discarded, frames.half) == (6, True)
    frames = Frames(100)
    assert list(frames.feed(BEGIN + b"cut off" + BEGIN + b"whole" + END)) == [b"whole"]
    assert frames.discarded == 8
    for much in (BEGIN + b"x" * 101, BEGIN + b"x" * 101 + END):
        with pytest.raises(TooLarge):
            list(Frames(100).feed(much))


@pytest.mark.conforms("v2-mllp", "v2-ack", by="python-hl7")
def test_a_foreign_client_is_answered(standing: Standing) -> None:
    line, hospital = standing
    with hl7.client.MLLPClient("127.0.0.1", line.port, "utf-8") as client:
        for body in (adt("A01", "f1", person("F1"), pv1()), result("F1", "f2")):
            reply = hl7.parse(client.send_message(body))
            assert reply.segment("MSA")[1][0] == "AA"
    assert hospital.values(hospital.patient("F1"))


@pytest.mark.conforms("v2-mllp", by="mllp_send")
def test_mllp_send_sends_a_file(standing: Standing, tmp_path: Path) -> None:
    line, _ = standing
    path = tmp_path / "one.hl7"
    path.write_bytes(BEGIN + result("F2", "s1") + END)
    tool = Path(sys.executable).with_name("mllp_send")
    done = subprocess.run(
        [tool, "--file", path, "--port", str(line.port), "127.0.0.1"],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"MSA|AA|s1" in done.stdout


def test_bytes_come_in_pieces_in_packets_and_with_junk(standing: Standing) -> None:
    line, _ = standing
    opened = line.connect()
    for byte in BEGIN + result("P1", "p1") + END:
        opened.sendall(bytes([byte]))
    assert codes([answer(opened)]) == ["AA"]
    three = b"".join(b"noise" + BEGIN + result("P1", f"p{n}") + END for n in (2, 3, 4))
    opened.sendall(three)
    data = b""
    while data.count(END) < 3:
        data += opened.recv(65_536)
    assert [each in data for each in (b"MSA|AA|p2", b"MSA|AA|p3", b"MSA|AA|p4")] == [True] * 3
    opened.close()


def test_a_half_frame_is_closed_in_time_and_a_silent_line_is_not(standing: Standing) -> None:
    line, _ = standing
    silent, half = line.connect(), line.connect()
    half.sendall(BEGIN + b"MSH|")
    began = time.monotonic()
    dripping = threading.Event()

    def drip() -> None:
        while not dripping.wait(0.2):
            try:
                half.sendall(b"x")
            except OSError:
                return

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        assert half.recv(10) == b""
    except ConnectionResetError:
        pass
    assert time.monotonic() - began < 10
    dripping.set()
    thread.join()
    assert codes(line.ask(result("P1", "p9"), line=silent)) == ["AA"]
    silent.close()
    half.close()


@pytest.mark.hazard("H51")
@pytest.mark.conforms("v2-duplicate")
def test_the_same_message_by_two_lines_at_once_has_one_effect(standing: Standing) -> None:
    line, hospital = standing
    line.ask(adt("A01", "t1", person("T1"), pv1()))
    before, body, found = facts_of(hospital), result("T1", "t2"), []
    lines = [line.connect() for _ in range(4)]
    threads = [
        threading.Thread(target=lambda one=one: found.extend(line.ask(body, line=one)))
        for one in lines
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in lines:
        one.close()
    assert codes(found) == ["AA"] * 4
    assert facts_of(hospital) == before + 1


def test_a_token_that_is_revoked_is_dead_at_once(
    hospital: Hospital, caplog: pytest.LogCaptureFixture
) -> None:
    make_token(hospital.service)
    with server(hospital) as line:
        assert codes(line.ask(result("A1", "r1"))) == ["AA"]
        (row,) = token_rows.every(hospital.service.store)
        tokens.revoke(hospital.service, row["id"])
        time.sleep(2.1)
        assert line.ask(result("A1", "r2")) == [b""], "no answer, and the line is closed"
    assert "was not taken" in caplog.text
    assert "A1" not in caplog.text


@pytest.mark.hazard("H51")
@pytest.mark.conforms("v2-durable", by="python-hl7")
def test_killed_before_the_answer_nothing_is_lost_and_nothing_twice(
    service: Service, database_url: str, tmp_path: Path
) -> None:
    make_token(service)
    hospital = Hospital(service)
    hospital.admit()
    body = oru("k1", obx("500"))
    driver = (str(ROOT / "tests/ehr/hl7v2/paused.py"),)
    line = Line(database_url, tmp_path, driver=driver).start()
    opened = line.connect()
    opened.sendall(BEGIN + body + END)
    deadline = time.monotonic() + 30
    while not (tmp_path / "kept").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    line.stop(signal.SIGKILL)
    try:
        assert opened.recv(10) == b""
    except ConnectionResetError:
        pass
    opened.close()
    assert facts_of(hospital) == 1
    with server(hospital) as again:
        assert codes(again.ask(body)) == ["AA"]
    assert facts_of(hospital) == 1
    assert hospital.values(hospital.patient()) == [Decimal(500)]


def certificates(folder: Path) -> dict[str, Path]:
    """An authority, a server and a client that it has signed, and a client of somebody else."""
    found: dict[str, Path] = {}
    now = dt.datetime.now(dt.UTC)

    def make(name: str, by: tuple[x509.Name, Any] | None, *, authority: bool) -> Any:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        issuer, signer = by or (subject, key)
        names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        public = key.public_key()
        made = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(hours=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
                critical=False,
            )
            .add_extension(names, critical=False)
            .sign(signer, hashes.SHA256())
        )
        found[name], found[f"{name}.key"] = folder / f"{name}.pem", folder / f"{name}.key"
        found[name].write_bytes(made.public_bytes(serialization.Encoding.PEM))
        found[f"{name}.key"].write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return subject, key

    authority = make("authority", None, authority=True)
    stranger = make("stranger", None, authority=True)
    make("server", authority, authority=False)
    make("client", authority, authority=False)
    make("other", stranger, authority=False)
    return found


@pytest.mark.conforms("v2-mllp")
def test_with_tls_only_who_shows_a_certificate_is_answered(
    standing: Standing, tmp_path: Path
) -> None:
    line, _ = standing
    pem = certificates(tmp_path)
    options = ("--tls-cert", pem["server"], "--tls-key", pem["server.key"])
    allowed = ("--tls-ca", pem["authority"], "--allow", "127.0.0.0/8")
    mine = Line(line.database_url, tmp_path, tuple(map(str, (*options, *allowed)))).start()

    def ask(client: str | None) -> list[str]:
        context = ssl.create_default_context(cafile=str(pem["authority"]))
        if client is not None:
            context.load_cert_chain(pem[client], pem[f"{client}.key"])
        with socket.create_connection(("127.0.0.1", mine.port), timeout=20) as plain:
            secured = context.wrap_socket(plain, server_hostname="localhost")
            with secured:
                return codes(mine.ask(result("P1", f"tls-{client}"), line=secured))

    try:
        assert ask("client") == ["AA"]
        for client in (None, "other"):
            with pytest.raises((ssl.SSLError, OSError, IndexError)):
                ask(client)
        assert mine.ask(result("P1", "plain")) == [b""], "a line without TLS is closed"
    finally:
        mine.stop()


def test_a_line_from_elsewhere_is_closed_and_so_is_one_too_many(
    hospital: Hospital, caplog: pytest.LogCaptureFixture
) -> None:
    make_token(hospital.service)
    with (
        server(hospital, allowed=[ipaddress.ip_network("10.1.0.0/16")]) as line,
        line.connect() as opened,
    ):
        assert answer(opened) == b""
    with server(hospital, lines=1) as line, line.connect() as first:
        assert codes(line.ask(result("A1", "l1"), line=first)) == ["AA"]
        with line.connect() as second:
            assert answer(second) == b""
    assert "is not allowed" in caplog.text
    assert "1 are open" in caplog.text


def test_a_line_waits_out_a_record_that_cannot_be_reached(hospital: Hospital) -> None:
    make_token(hospital.service)
    hospital.admit()
    store = hospital.service.store
    with server(hospital) as line:
        assert codes(line.ask(oru("b0", obx("1")))) == ["AA"]
        library, _ = choose_library()
        path = hospital.service.store.query("pragma database_list")[0]["file"]
        other = library.connect(path, isolation_level=None)
        other.execute("begin immediate")
        (told,) = line.ask(oru("b1", obx("2", "C")))
        other.execute("rollback")
        other.close()
        assert b"MSA|AE|b1" in told
        assert b"send the same again" in told
        assert not store.query("select 1 as n from message where control_id like '%b1%'")
        assert codes(line.ask(oru("b1", obx("2", "C")))) == ["AA"]
    assert hospital.values(hospital.patient()) == [Decimal(2)]


def test_a_stop_ends_the_message_in_hand_and_answers_it(standing: Standing) -> None:
    line, hospital = standing
    results = (obx(str(n), sub=str(n), number=n) for n in range(1, 200))
    opened = line.connect()
    opened.sendall(BEGIN + oru("z1", *results, pid=person("T1")) + END)
    store, deadline = hospital.service.store, time.monotonic() + 30
    while not store.query("select 1 as n from message where control_id like '%z1%'"):
        assert time.monotonic() < deadline
    said = line.stop()
    with opened:
        assert codes([answer(opened)]) == ["AA"]
    assert "has stopped; answered: AA" in said
    assert "Doe" not in said
    with pytest.raises(ConnectionRefusedError):
        line.connect()
