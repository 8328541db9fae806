import socket
import sys

import pytest
from click.testing import CliRunner

from nmdc_runtime.cli.main import cli
from nmdc_runtime.cli.stack.errors import PortInUse
from nmdc_runtime.cli.stack.ports import PORTS, PortWish, choose_ports


@pytest.fixture
def taken():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_zero_is_a_free_port_and_no_two_services_get_the_same():
    ports = choose_ports(PortWish(f"service-{n}", 0, "--port") for n in range(50))

    assert len(set(ports.values())) == 50
    assert all(ports.values())


def test_a_taken_port_is_told_with_its_owner_and_the_option(taken):
    with pytest.raises(PortInUse) as caught:
        choose_ports([PortWish("fastapi", taken, "--api-port")])

    message = str(caught.value)
    assert f"port {taken}, wanted for fastapi" in message
    assert "--api-port (0: any free one)" in message
    if sys.platform == "linux":
        assert "process " in message


def test_all_taken_ports_are_told_at_once(taken):
    wishes = [PortWish("mongo", taken, "--mongo-port"), PortWish("s3", taken, "--s3-port")]

    with pytest.raises(PortInUse, match=r"(?s)--mongo-port.*--s3-port"):
        choose_ports(wishes)


def test_up_refuses_a_taken_port_before_it_starts_anything(taken, tmp_path):
    free = [f"{option}=0" for option, _ in PORTS.values()]

    result = CliRunner().invoke(
        cli, ["up", "--dir", str(tmp_path / "stack"), *free, f"--dagit-port={taken}"]
    )

    assert result.exit_code == 1
    assert f"Error: port {taken}, wanted for dagster-dagit" in result.output
    assert not (tmp_path / "stack" / "mongo").exists()
