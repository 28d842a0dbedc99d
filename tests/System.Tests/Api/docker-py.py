"""What docker-py (Debian's python3-docker) does with the agent; each function is a cell of ClientMatrixTests.

docker-py.py NAME runs one of them, `list` prints their names. The image busybox is there; $REGISTRY is a registry with
busybox:latest.
"""
import io
import os
import socket
import sys
import tarfile
import threading
import time

import docker
from docker.errors import APIError, ContainerError, ImageNotFound, NotFound
from docker.types import Healthcheck, IPAMConfig, IPAMPool, LogConfig, Mount, Ulimit

# It reads the output of an exec past the buffer by which the answer's head is read, and would lose what comes with the
# head when this process is slow (github.com/docker/docker-py/issues/3332).
makefile = socket.socket.makefile
socket.socket.makefile = lambda self, mode="r", buffering=None, **options: makefile(
    self, mode, 1 if mode == "rb" else buffering, **options)

client = docker.from_env(timeout=60)
api = client.api


def raises(kind, action, words=""):
    try:
        action()
    except kind as error:
        assert words in str(error), error
        return error
    raise AssertionError(f"no {kind.__name__}")


def started(*command, **options):
    return client.containers.run("busybox", list(command) or ["sleep", "1000"], detach=True, **options)


def system():
    assert client.ping() is True
    assert client.version()["ApiVersion"] == "1.51"
    info = client.info()
    assert info["OSType"] == "linux" and info["NCPU"] > 0 and info["Swarm"]["LocalNodeState"] == "inactive"
    assert client.df()["Images"]
    # The client asks the daemon which version to speak.
    assert docker.from_env(version="auto").api.api_version == "1.51"
    raises(APIError, client.swarm.reload, "not a swarm manager")


def images():
    name = os.environ["REGISTRY"] + "/busybox"
    pulled = client.images.pull(name, tag="latest")
    assert pulled.id.startswith("sha256:") and f"{name}:latest" in pulled.tags
    assert pulled.tag(name, "py") and client.images.get(f"{name}:py").id == pulled.id
    lines = list(client.images.push(name, tag="py", stream=True, decode=True))
    assert not any("error" in line for line in lines), lines
    assert any(line.get("aux", {}).get("Digest", "").startswith("sha256:") for line in lines), lines
    saved = b"".join(pulled.save(named=True))
    assert tarfile.open(fileobj=io.BytesIO(saved)).getmember("manifest.json")
    assert client.images.load(saved)[0].id == pulled.id
    assert client.images.list(filters={"reference": f"{name}:py"})
    assert len(pulled.history()) > 0 and client.images.get_registry_data(f"{name}:latest").id.startswith("sha256:")
    client.images.remove(f"{name}:py")
    raises(ImageNotFound, lambda: client.images.get(f"{name}:py"), "No such image")
    raises(APIError, lambda: client.images.pull(name, tag="nosuch"))
    client.images.remove(f"{name}:latest")
    assert client.images.prune()["SpaceReclaimed"] == 0


def run():
    assert client.containers.run("busybox", "echo hello", remove=True) == b"hello\n"
    error = raises(ContainerError, lambda: client.containers.run("busybox", ["sh", "-c", "echo bad >&2; exit 3"]))
    assert error.exit_status == 3 and error.stderr == b"bad\n"
    raises(ImageNotFound, lambda: api.create_container("nosuch"))
    raises(APIError, lambda: started("nosuch"), "executable file not found")
    output = client.containers.run("busybox", "env", environment={"A": "b"}, remove=True, user="33", mem_limit="64m",
                                   nano_cpus=500000000, cap_drop=["ALL"], ulimits=[Ulimit(name="nofile", soft=99, hard=99)],
                                   tmpfs={"/scratch": ""}, read_only=True, dns=["192.0.2.53"], hostname="host1",
                                   extra_hosts={"there": "192.0.2.7"}, labels={"a": "b"}, shm_size="1m", init=True,
                                   sysctls={"net.ipv4.ip_default_ttl": "33"}, log_config=LogConfig(type="json-file"))
    assert b"A=b\n" in output and b"HOSTNAME=host1\n" in output


def life():
    container = client.containers.create("busybox", ["sh", "-c", "trap 'exit 5' TERM; while sleep 0.1; do :; done"],
                                         name="py1", labels={"one": "two"})
    assert container.status == "created" and container.short_id and container.image.tags
    container.start()
    container.reload()
    assert container.status == "running" and container.labels == {"one": "two"}
    assert client.containers.list(filters={"label": "one=two", "status": "running"})[0].id == container.id
    container.pause()
    container.reload()
    assert container.status == "paused"
    container.unpause()
    assert "sh" in container.top()["Processes"][0][-1]
    stats = container.stats(stream=False)
    assert stats["pids_stats"]["current"] >= 1 and "cpu_stats" in stats
    assert next(container.stats(decode=True))["name"] == "/py1"
    container.update(restart_policy={"Name": "on-failure", "MaximumRetryCount": 3})
    container.rename("py2")
    container.stop(timeout=20)
    assert container.wait() == {"StatusCode": 5}
    container.restart()
    container.kill("SIGKILL")
    assert container.wait(condition="not-running")["StatusCode"] == 137
    container.reload()
    assert container.name == "py2" and container.attrs["State"]["ExitCode"] == 137
    raises(APIError, container.kill, "is not running")
    container.remove()
    raises(NotFound, container.reload, "No such container")
    assert client.containers.prune()["SpaceReclaimed"] >= 0


def streams():
    container = started("sh", "-c", "echo out; echo err >&2; read line; echo got $line", stdin_open=True)
    socket = container.attach_socket(params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
    socket._sock.sendall(b"typed\n")
    assert container.wait()["StatusCode"] == 0
    socket.close()
    assert container.logs(stderr=False) == b"out\ngot typed\n" and container.logs(stdout=False) == b"err\n"
    assert container.logs(tail=1, stderr=False, timestamps=True).endswith(b"Z got typed\n")
    assert b"".join(container.logs(stream=True, follow=True, stderr=False)) == b"out\ngot typed\n"
    container.remove()
    tty = started("sh", "-c", "until [ \"$(stty size)\" = '33 111' ]; do sleep 0.1; done; stty size; tty", tty=True)
    tty.resize(33, 111)
    tty.wait()
    assert b"33 111\r\n" in tty.logs(), tty.logs()


def executions():
    container = started()
    assert container.exec_run("echo hello") == (0, b"hello\n")
    assert container.exec_run("sh -c 'exit 9'").exit_code == 9
    result = container.exec_run(["sh", "-c", "echo out; echo err >&2"], demux=True)
    assert result.output == (b"out\n", b"err\n"), result
    result = container.exec_run("sh -c 'echo $A; pwd; id -u'", environment={"A": "b"}, workdir="/tmp", user="33")
    assert result.output == b"b\n/tmp\n33\n"
    assert b"".join(container.exec_run("seq 3", stream=True).output) == b"1\n2\n3\n"
    execution = api.exec_create(container.id, ["sh", "-c", "read line; echo got $line; stty size"], stdin=True, tty=True)
    socket = api.exec_start(execution["Id"], socket=True, tty=True)
    api.exec_resize(execution["Id"], height=44, width=55)
    socket._sock.sendall(b"typed\n")
    text = b""
    while piece := socket.read(4096):
        text += piece
    socket.close()
    assert b"got typed\r\n44 55\r\n" in text, text
    inspected = api.exec_inspect(execution["Id"])
    assert inspected["ExitCode"] == 0 and inspected["Running"] is False
    assert container.exec_run("nosuch").exit_code == 127
    container.exec_run("touch /there", detach=True)
    raises(NotFound, lambda: api.exec_inspect("0" * 64), "No such exec instance")
    container.stop(timeout=0)
    raises(APIError, lambda: container.exec_run("true"), "is not running")


def files():
    container = started()
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        member = tarfile.TarInfo("file")
        member.size, member.uid = 5, 33
        tar.addfile(member, io.BytesIO(b"there"))
    assert container.put_archive("/tmp", archive.getvalue())
    assert container.exec_run("stat -c %u /tmp/file").output == b"33\n"
    stream, stat = container.get_archive("/tmp/file")
    assert stat["name"] == "file" and stat["size"] == 5
    tar = tarfile.open(fileobj=io.BytesIO(b"".join(stream)))
    assert tar.extractfile("file").read() == b"there"
    raises(NotFound, lambda: container.get_archive("/no/such"))
    assert {"Path": "/tmp/file", "Kind": 1} in container.diff()
    assert b"tmp/file" in b"".join(container.export())
    image = container.commit(repository="committed", tag="py", author="me", changes="ENV A=b")
    assert "A=b" in image.attrs["Config"]["Env"]
    container.remove(force=True)
    assert client.containers.run("committed:py", "cat /tmp/file", remove=True) == b"there"
    client.images.remove("committed:py")


def networks():
    pool = IPAMConfig(pool_configs=[IPAMPool(subnet="10.98.0.0/24", gateway="10.98.0.1")])
    network = client.networks.create("pynet", driver="bridge", ipam=pool, labels={"a": "b"})
    raises(APIError, lambda: client.networks.create("pynet", check_duplicate=True), "already exists")
    one = started(name="one", network="pynet")
    two = started(name="two")
    network.connect(two, aliases=["other"], ipv4_address="10.98.0.9")
    network.reload()
    assert {container.name for container in network.containers} == {"one", "two"}
    assert one.exec_run("ping -c 1 -W 5 other").exit_code == 0
    two.reload()
    assert two.attrs["NetworkSettings"]["Networks"]["pynet"]["IPAddress"] == "10.98.0.9"
    raises(APIError, network.remove, "has active endpoints")
    network.disconnect(two)
    one.remove(force=True)
    assert client.networks.list(names=["pynet"], filters={"label": "a=b"})[0].id == network.id
    network.remove()
    raises(NotFound, network.reload)
    client.networks.create("unused")
    assert client.networks.prune()["NetworksDeleted"] == ["unused"]
    web = started("httpd", "-f", "-p", "80", ports={"80/tcp": ("127.0.0.1", None)})
    web.reload()
    assert web.ports["80/tcp"][0]["HostIp"] == "127.0.0.1" and int(web.ports["80/tcp"][0]["HostPort"]) > 0


def events():
    seen = []
    stream = client.events(decode=True, filters={"container": "watched"})

    def follow():
        for event in stream:
            seen.append(event["Action"])
            if event["Action"] == "destroy":
                return

    follower = threading.Thread(target=follow)
    follower.start()
    check = Healthcheck(test=["CMD", "true"], interval=200000000)
    container = started(name="watched", healthcheck=check)
    while api.inspect_container(container.id)["State"]["Health"]["Status"] != "healthy":
        pass
    # The state is there a moment before the event.
    while "health_status: healthy" not in seen:
        time.sleep(0.01)
    container.remove(force=True)
    follower.join(30)
    stream.close()
    wanted = ["create", "start", "health_status: healthy", "kill", "die", "destroy"]
    assert [action for action in seen if action in wanted] == wanted, seen


def volumes():
    volume = client.volumes.create("pyvol", labels={"a": "b"})
    assert client.volumes.list(filters={"label": "a=b"})[0].name == "pyvol" and volume.attrs["Driver"] == "local"
    client.containers.run("busybox", "touch /data/file", volumes={"pyvol": {"bind": "/data", "mode": "rw"}}, remove=True)
    container = started(mounts=[Mount("/data", "pyvol", read_only=True), Mount("/t", None, type="tmpfs")])
    assert container.exec_run("ls /data").output == b"file\n"
    raises(APIError, volume.remove, "volume is in use")
    container.remove(force=True, v=True)
    volume.remove()
    raises(NotFound, lambda: client.volumes.get("pyvol"))
    client.volumes.create("unused1")
    client.volumes.prune()


CELLS = [system, images, run, life, streams, executions, files, networks, events, volumes]

if sys.argv[1] == "list":
    print("\n".join(cell.__name__ for cell in CELLS))
else:
    next(cell for cell in CELLS if cell.__name__ == sys.argv[1])()
