"""data: a data set from a server into its folder, whatever happens on the way."""
import contextlib
import gzip
import hashlib
import http.server
import io
import os
import pty
import random
import signal
import socket
import subprocess
import tarfile
import threading
import time

import pytest

from program import (FAILED, FINE, INTERRUPTED, PROGRAM, everything_below, limited, make_data,
                     obeying_permissions, refused, small_preset, tessera, without_home)

SET = "cifar-100"  # of one archive
ARCHIVE = "cifar-100-binary.tar.gz"
CONTENTS = {name: random.Random(name).randbytes(40_000) for name in ("train.bin", "test.bin", "fine_label_names.txt")}
MNIST = [f"{part}-ubyte.gz" for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")]


def tar(entries, top="cifar-100-binary/"):
    """A .tar.gz of (name, bytes) or of whole TarInfo."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
            else:
                info = tarfile.TarInfo(top + entry[0])
                info.size = len(entry[1])
                archive.addfile(info, io.BytesIO(entry[1]))
    return raw.getvalue()


GOOD = tar(CONTENTS.items())


def md5(content):
    return hashlib.md5(content).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """A mirror on loopback. `cut`: each answer ends after so many bytes; `slow`: seconds between pieces of 4 kB;
    `sized`: it says how much it will send; `meanwhile` is called at each question."""
    daemon_threads = True

    def __init__(self, files, ranges=True, cut=None, slow=0, moved=None, sized=True, meanwhile=lambda: None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.ranges, self.cut, self.slow, self.moved = files, ranges, cut, slow, moved
        self.sized, self.meanwhile = sized, meanwhile
        self.asked = []  # (path, Range)
        self.url = f"http://127.0.0.1:{self.server_port}/mirror"


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        mirror = self.server
        asked = self.headers.get("Range")
        mirror.asked.append((self.path, asked))
        mirror.meanwhile()
        if mirror.moved:
            self.send_response(302)
            self.send_header("Location", mirror.moved + self.path.removeprefix("/mirror"))
            self.send_header("Content-Length", "5")
            self.end_headers()
            self.wfile.write(b"moved")
            return
        content = mirror.files.get(self.path.removeprefix("/mirror/"))
        if content is None:
            return self.send_error(404)
        first = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and mirror.ranges else 0
        if first and first >= len(content):
            return self.send_error(416)
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        if mirror.sized:
            self.send_header("Content-Length", str(len(content) - first))
        self.end_headers()
        body = content[first:][:mirror.cut]
        with contextlib.suppress(OSError):  # whoever asked may be gone
            for start in range(0, len(body), 4096):
                self.wfile.write(body[start:start + 4096])
                time.sleep(mirror.slow)


@pytest.fixture
def serve():
    servers = []

    def start(files, **options):
        servers.append(Server(files, **options))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def direct(monkeypatch):
    """Loopback is reached whatever proxy there is."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def data(where, url, *options, name=SET, sums=(md5(GOOD),), **more):
    sums = [part for each in sums for part in ("--md5", each)]
    return tessera("data", name, "--dest", where, "--from", url, *sums, *options, **more)


def is_whole(where):
    folder = where / SET
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == CONTENTS
    assert sorted(where.iterdir()) == [folder]  # nothing else is left
    return True


def failure(done):
    assert (done.returncode, done.stdout) == (FAILED, ""), (done.returncode, done.stdout, done.stderr)
    (line,) = done.stderr.strip().split("\n")
    return line


def part(where):
    return where / f"{SET}.part" / f"{ARCHIVE}.part"


def start(where, url, **options):
    return subprocess.Popen([PROGRAM, "data", SET, "--dest", where, "--from", url, "--md5", md5(GOOD)], text=True,
                            **options)


def wait_until_some_has_come(process, where):
    until = time.monotonic() + 60
    while not part(where).exists() or part(where).stat().st_size == 0:
        assert process.poll() is None and time.monotonic() < until, process.returncode
        time.sleep(0.01)


def doing_before_the_lock(command, folder):
    """An environment in which the program, before it takes a lock, runs a shell command."""
    library = folder / "before_the_lock.so"
    source = """#include <stdlib.h>
                #include <sys/syscall.h>
                #include <unistd.h>
                int flock(int file, int how) {
                  const char* command = getenv("BEFORE_THE_LOCK");
                  if (command && system(command) != 0) abort();
                  return syscall(SYS_flock, file, how);
                }"""
    subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", library], input=source, text=True, check=True)
    return {**os.environ, "LD_PRELOAD": str(library), "BEFORE_THE_LOCK": command}


# --- what works ----------------------------------------------------------------------------------------------------


def test_an_archive_is_fetched_checked_and_unpacked(serve, tmp_path):
    server = serve({ARCHIVE: GOOD})
    done = data(tmp_path / "new/deep", server.url)
    assert (done.returncode, done.stdout, done.stderr) == (FINE, f"{tmp_path}/new/deep/{SET}\n", "")
    assert is_whole(tmp_path / "new/deep")
    assert server.asked == [(f"/mirror/{ARCHIVE}", None)]


def test_what_is_there_already_is_not_fetched_again(serve, tmp_path):
    server = serve({ARCHIVE: GOOD})
    assert data(tmp_path, server.url).returncode == FINE
    before = everything_below(tmp_path)
    done = data(tmp_path, server.url)
    assert (done.returncode, done.stdout, done.stderr) == (FINE, f"{tmp_path / SET}: there already\n", "")
    assert everything_below(tmp_path) == before and len(server.asked) == 1


def test_an_archive_without_a_top_folder_and_one_with_dots(serve, tmp_path):
    for i, archive in enumerate((tar(CONTENTS.items(), top=""), tar(CONTENTS.items(), top="./cifar/"))):
        server = serve({ARCHIVE: archive})
        assert data(tmp_path / str(i), server.url, sums=[md5(archive).upper()]).returncode == FINE
        assert is_whole(tmp_path / str(i))


def test_files_that_are_no_archive_are_kept_and_can_be_read(serve, tmp_path):
    source = make_data(tmp_path / "source")
    files = {}
    for name in MNIST:
        plain = source / name.removesuffix(".gz")
        files[name] = gzip.compress(plain.read_bytes()) if plain.exists() else (source / name).read_bytes()
    server = serve(files)
    environment = {**os.environ, "TESSERA_DATA": str(tmp_path / "to")}
    sums = [part for content in files.values() for part in ("--md5", md5(content))]
    done = tessera("data", "mnist", "--from", server.url, *sums, env=environment)
    assert done.returncode == FINE, done.stderr
    assert {file.name: file.read_bytes() for file in (tmp_path / "to/mnist").iterdir()} == files
    preset = small_preset(tmp_path, source)
    done = tessera("run", preset, "--steps", 2, "--set", "task.data.name=mnist", "--set", "task.data.path=", "--out",
                   tmp_path / "out", env=environment)
    assert done.returncode == FINE, done.stderr


def test_a_moved_file_is_followed(serve, tmp_path):
    there = serve({ARCHIVE: GOOD})
    assert data(tmp_path, serve({}, moved=there.url).url + "/").returncode == FINE
    assert is_whole(tmp_path)


# --- going on ------------------------------------------------------------------------------------------------------


def test_a_transfer_that_is_cut_off_goes_on(serve, tmp_path):
    server = serve({ARCHIVE: GOOD}, cut=50_000)
    line = failure(data(tmp_path, server.url))
    assert server.url in line and "goes on after 50 kB" in line
    assert part(tmp_path).read_bytes() == GOOD[:50_000] and not (tmp_path / SET).exists()
    server.cut = None
    done = data(tmp_path, server.url)
    assert done.returncode == FINE and is_whole(tmp_path)
    assert [asked for _, asked in server.asked] == [None, "bytes=50000-"]


def test_a_server_that_sends_all_again_is_taken_from_the_start(serve, tmp_path):
    server = serve({ARCHIVE: GOOD}, cut=50_000, ranges=False)
    failure(data(tmp_path, server.url))
    failure(data(tmp_path, server.url))
    assert part(tmp_path).read_bytes() == GOOD[:50_000]
    server.cut = None
    assert data(tmp_path, server.url).returncode == FINE and is_whole(tmp_path)
    assert [asked for _, asked in server.asked] == [None, "bytes=50000-", "bytes=50000-"]


def test_one_that_was_whole_but_not_yet_unpacked(serve, tmp_path):
    server = serve({ARCHIVE: GOOD})
    part(tmp_path).parent.mkdir()
    part(tmp_path).write_bytes(GOOD)
    (part(tmp_path).parent / "unpacked").mkdir()  # an unpacking that a power cut ended
    (part(tmp_path).parent / "unpacked/train.bin").write_bytes(b"half")
    assert data(tmp_path, server.url).returncode == FINE and is_whole(tmp_path)
    assert server.asked == [(f"/mirror/{ARCHIVE}", f"bytes={len(GOOD)}-")]


def test_several_files_go_on_with_the_one_that_was_missing(serve, tmp_path):
    files = {name: name.encode() for name in MNIST}
    server = serve({name: files[name] for name in MNIST[:2]})
    sums = [md5(files[name]) for name in MNIST]
    assert "answers 404" in failure(data(tmp_path, server.url, name="mnist", sums=sums))
    server.files = files
    assert data(tmp_path, server.url, name="mnist", sums=sums).returncode == FINE
    assert [path.removeprefix("/mirror/") for path, _ in server.asked] == [*MNIST[:3], *MNIST[2:]]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_what_has_come(serve, tmp_path, number):
    server = serve({ARCHIVE: GOOD}, slow=0.05)
    process = start(tmp_path, server.url, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_until_some_has_come(process, tmp_path)
    process.send_signal(number)
    out, error = process.communicate(timeout=30)
    assert (process.returncode, out) == (INTERRUPTED, "") and f"{SET}.part" in error
    had = part(tmp_path).stat().st_size
    assert 0 < had < len(GOOD)
    server.slow = 0
    assert data(tmp_path, server.url).returncode == FINE and is_whole(tmp_path)
    assert server.asked[-1][1] == f"bytes={had}-"


def test_two_at_once_do_not_write_one_file(serve, tmp_path):
    server = serve({ARCHIVE: GOOD}, slow=0.05)
    process = start(tmp_path, server.url, stdout=subprocess.DEVNULL)
    wait_until_some_has_come(process, tmp_path)
    assert "at work" in refused(data(tmp_path, server.url))[0]
    server.slow = 0
    assert process.wait(60) == FINE and is_whole(tmp_path)


def test_one_that_was_made_just_before_the_lock_is_left_alone(serve, tmp_path):
    server, where = serve({ARCHIVE: GOOD}), tmp_path / "data"
    made = where / SET
    environment = doing_before_the_lock(f"mkdir '{made}' && echo theirs > '{made}/train.bin'", tmp_path)
    assert "lacks test.bin" in refused(data(where, server.url, env=environment))[0]
    assert list(where.iterdir()) == [made]
    (made / "train.bin").unlink()
    made.rmdir()
    environment["BEFORE_THE_LOCK"] = f"mkdir '{made}' && echo theirs | tee '{made}/train.bin' > '{made}/test.bin'"
    done = data(where, server.url, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (FINE, f"{made}: there already\n", "")
    assert server.asked == [] and list(where.iterdir()) == [made]
    assert {file.name: file.read_text() for file in made.iterdir()} == {"train.bin": "theirs\n", "test.bin": "theirs\n"}


def test_a_folder_that_appears_meanwhile_costs_no_file(serve, tmp_path):
    mine = tmp_path / "mnist/mine"

    def appear():
        mine.parent.mkdir(exist_ok=True)
        mine.touch()

    files = {name: name.encode() for name in MNIST}
    server, sums = serve(files, meanwhile=appear), [md5(content) for content in files.values()]
    line = failure(data(tmp_path, server.url, name="mnist", sums=sums))
    assert f"{mine.parent}: can't be written: Directory not empty" in line
    assert list(mine.parent.iterdir()) == [mine]
    mine.unlink()
    assert data(tmp_path, server.url, name="mnist", sums=sums).returncode == FINE
    assert {file.name: file.read_bytes() for file in mine.parent.iterdir()} == files
    assert len(server.asked) == len(files) and list(tmp_path.iterdir()) == [mine.parent]


@pytest.mark.parametrize("page, sized", [(b"<html>Log in here</html>", True), (b"", True), (b"", False)])
def test_an_answer_that_is_less_than_what_is_there_does_not_replace_it(serve, tmp_path, page, sized):
    part(tmp_path).parent.mkdir()
    part(tmp_path).write_bytes(GOOD[:50_000])
    server = serve({ARCHIVE: page}, ranges=False, sized=sized)
    line = failure(data(tmp_path, server.url))
    assert f"{server.url}/{ARCHIVE}" in line and f"{len(page)} bytes" in line and str(part(tmp_path)) in line
    assert part(tmp_path).read_bytes() == GOOD[:50_000]
    server.files, server.ranges = {ARCHIVE: GOOD}, True
    assert data(tmp_path, server.url).returncode == FINE and is_whole(tmp_path)
    assert server.asked[-1][1] == "bytes=50000-"


def test_an_answer_of_unknown_size_is_cut_off_where_it_is_shorter_than_the_published_file(serve, tmp_path):
    server = serve({ARCHIVE: GOOD}, sized=False, cut=50_000)
    for had in 50_000, 100_000:
        line = failure(tessera("data", SET, "--dest", tmp_path, "--from", server.url))
        assert f"{server.url}/{ARCHIVE}" in line and "of 169 MB" in line and f"goes on after {had // 1000} kB" in line
        assert part(tmp_path).read_bytes() == GOOD[:had]
    assert [asked for _, asked in server.asked] == [None, "bytes=50000-"]
    server.cut = None
    assert data(tmp_path, server.url).returncode == FINE and is_whole(tmp_path)  # by a sum of one's own, of any size


# --- what goes wrong -----------------------------------------------------------------------------------------------


def test_another_md5_is_told_and_the_file_removed(serve, tmp_path):
    server = serve({ARCHIVE: b"x" * 1000})
    line = failure(data(tmp_path, server.url))
    assert md5(b"x" * 1000) in line and md5(GOOD) in line and "begins anew" in line
    assert everything_below(tmp_path) == []
    server.files = {ARCHIVE: GOOD}
    assert data(tmp_path, server.url).returncode == FINE and is_whole(tmp_path)
    assert [asked for _, asked in server.asked] == [None, None]


def test_without_md5_the_published_one_counts(serve, tmp_path):
    line = failure(tessera("data", SET, "--dest", tmp_path, "--from", serve({ARCHIVE: GOOD}).url))
    assert "03b5dce01913d631647c71ecec9e9cb8" in line


def test_a_file_that_the_server_has_not(serve, tmp_path):
    server = serve({})
    line = failure(data(tmp_path, server.url))
    assert f"{server.url}/{ARCHIVE}" in line and "404" in line
    assert everything_below(tmp_path) == []


def test_a_server_that_is_not_there(tmp_path):
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert url in failure(data(tmp_path, url))
    assert "no.such.host.invalid" in failure(data(tmp_path, "https://no.such.host.invalid/x"))
    assert everything_below(tmp_path) == []


def link(name, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def folder(name):
    info = tarfile.TarInfo(name)
    info.type = tarfile.DIRTYPE
    return info


EVIL = {
    "outside": [("../../evil", b"evil")],
    "deep outside": [("a/../../../../evil", b"evil")],
    "symbolic link": [link("cifar-100-binary/way", "../../.."), ("way/evil", b"evil")],
    "hard link": [link("cifar-100-binary/evil", "/etc/hostname", tarfile.LNKTYPE)],
    "device": [link("cifar-100-binary/evil", "", tarfile.FIFOTYPE)],
    "twice": [("train.bin", b"evil")],
    "file in a file": [("train.bin/evil", b"evil")],
    "folder in a file": [folder("cifar-100-binary/train.bin/")],
    "file for a folder": [("x/y", b"fine"), ("x", b"evil")],
}


@pytest.mark.parametrize("how", [*EVIL, "absolute"])
def test_an_archive_that_reaches_outside_is_refused(serve, tmp_path, how):
    entries = [*CONTENTS.items(), *EVIL.get(how, [])]
    archive = tar(entries) if how in EVIL else tar([(str(tmp_path / "evil"), b"evil")], top="")
    where = tmp_path / "a/b/c"
    where.mkdir(parents=True)
    line = failure(data(where, serve({ARCHIVE: archive}).url, sums=[md5(archive)]))
    assert ARCHIVE in line and "begins anew" in line
    assert list(where.iterdir()) == [] and not [path for path in tmp_path.rglob("*") if path.name == "evil"]


def bad_tar_in_good_gz():
    return gzip.compress(gzip.decompress(GOOD)[:60_000])


@pytest.mark.parametrize("archive", [GOOD[:70_000], bad_tar_in_good_gz(), b"no archive" * 100,
                                     gzip.compress(b"text" * 500), b"", tar([("train.bin", b"alone")]), tar([])],
                         ids=["gz cut off", "tar cut off", "no archive", "no tar", "empty", "lacks a file", "no entries"])
def test_a_damaged_archive_with_the_right_md5(serve, tmp_path, archive):
    server = serve({ARCHIVE: archive})
    line = failure(data(tmp_path, server.url, sums=[md5(archive)]))
    assert "begins anew" in line
    assert everything_below(tmp_path) == []


def test_a_folder_that_is_not_whole_is_not_touched(serve, tmp_path):
    (tmp_path / SET).mkdir()
    (tmp_path / SET / "train.bin").write_text("mine")
    server = serve({ARCHIVE: GOOD})
    before = everything_below(tmp_path)
    (line,) = refused(data(tmp_path, server.url))
    assert str(tmp_path / SET) in line and "lacks test.bin" in line
    assert everything_below(tmp_path) == before and server.asked == []
    (tmp_path / SET / "train.bin").unlink()  # an empty one is used
    assert data(tmp_path, server.url).returncode == FINE and is_whole(tmp_path)


def test_a_disk_that_is_full(serve, tmp_path):
    server = serve({ARCHIVE: GOOD})
    for size in (30_000, None):
        archive = GOOD if size else tar([*CONTENTS.items(), ("large", bytes(400_000))])  # small until it is unpacked
        server.files = {ARCHIVE: archive}
        line = failure(data(tmp_path, server.url, sums=[md5(archive)], preexec_fn=limited(size or 300_000)))
        assert "can't be written: File too large" in line and str(tmp_path) in line
        assert not (tmp_path / SET).exists()
        if size:
            assert part(tmp_path).stat().st_size == size
            part(tmp_path).unlink()
    asked = len(server.asked)
    assert data(tmp_path, server.url, sums=[md5(archive)]).returncode == FINE
    assert len(server.asked) == asked  # it was all there


def test_a_folder_that_may_not_be_written(serve, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    (tmp_path / "file").write_text("mine")
    server = serve({ARCHIVE: GOOD})
    for folder, said in (closed, "Permission denied"), (tmp_path / "file", "Not a directory"):
        (line,) = refused(data(folder, server.url, preexec_fn=obeying_permissions))
        assert str(folder) in line and said in line
    assert server.asked == []


# --- the command line ----------------------------------------------------------------------------------------------


def test_without_a_name_all_are_listed_with_size_and_place(tmp_path):
    (tmp_path / SET).mkdir()
    for name in ("train.bin", "test.bin"):
        (tmp_path / SET / name).touch()
    done = tessera("data", "--dest", tmp_path)
    assert (done.returncode, done.stderr) == (FINE, "")
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[:4] for line in lines] == [["cifar-10", "170", "MB", f"{tmp_path}/cifar-10"],
                                            ["cifar-100", "169", "MB", f"{tmp_path}/cifar-100"],
                                            ["mnist", "12", "MB", f"{tmp_path}/mnist"]]
    assert [line[4:] for line in lines] == [[], ["(there)"], []]


@pytest.mark.parametrize("variables, place", [({"TESSERA_DATA": "/a", "XDG_DATA_HOME": "/b", "HOME": "/c"}, "/a"),
                                              ({"XDG_DATA_HOME": "/b", "HOME": "/c"}, "/b/tessera"),
                                              ({"HOME": "/c"}, "/c/.local/share/tessera")])
def test_the_place_without_dest(variables, place):
    assert f" {place}/mnist\n" in tessera("data", env={**without_home(), **variables}).stdout


@pytest.mark.parametrize("arguments, said", [
    (["cifar-11"], ["cifar-11", "cifar-10, cifar-100, mnist"]),
    ([""], ['""', "cifar-10, cifar-100, mnist"]),
    (["mnist", "extra"], ["extra"]),
    (["mnist", "--dest", ""], ["--dest"]),
    (["mnist", "--from", "here"], ["--from", "here", "https://"]),
    (["mnist", "--from", "file:///etc"], ["--from", "http://"]),
    (["--from", "http://127.0.0.1"], ["--from", "NAME"]),
    (["mnist", "--md5", md5(b"")], ["--md5", "--from"]),
    (["mnist", "--from", "http://127.0.0.1", "--md5", md5(b"")], ["--md5", "t10k-labels"]),
    ([SET, "--from", "http://127.0.0.1", "--md5", "123"], ["--md5", "123", "32"]),
])
def test_misuse_is_bad_input(arguments, said, tmp_path):
    environment = {**os.environ, "TESSERA_DATA": str(tmp_path / "data")}
    lines = refused(tessera("data", *arguments, cwd=tmp_path, env=environment))
    assert any(all(word in line for word in said) for line in lines), lines
    assert everything_below(tmp_path) == []


def test_nowhere_to_put_it():
    (line,) = refused(tessera("data", "mnist", env=without_home()))
    assert "HOME" in line and "--dest" in line


def test_a_preset_that_lacks_its_data_names_the_command(tmp_path):
    preset = small_preset(tmp_path, tmp_path)
    environment = {**without_home(), "XDG_DATA_HOME": str(tmp_path / "share")}
    options = ["--set", f"task.data.name={SET}", "--set", "task.data.path=", "--out", tmp_path / "out"]
    (line,) = refused(tessera("run", preset, *options, env=environment))
    assert f"./lab data {SET}" in line and str(tmp_path / "share/tessera" / SET) in line


def seen_on_a_terminal(*arguments):
    terminal, end = pty.openpty()
    process = subprocess.Popen([PROGRAM, *arguments], stderr=end, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    os.close(end)
    seen = b""
    with contextlib.suppress(OSError):  # the other end is closed
        while chunk := os.read(terminal, 4096):
            seen += chunk
    os.close(terminal)
    return process.wait(), seen


def test_a_terminal_sees_how_far_it_is(serve, tmp_path):
    server = serve({ARCHIVE: GOOD}, slow=0.05)
    code, seen = seen_on_a_terminal("data", SET, "--dest", tmp_path, "--from", server.url, "--md5", md5(GOOD))
    assert code == FINE
    for word in (f"{ARCHIVE}: connecting", f" % of {len(GOOD) / 1000:.0f} kB", "kB/s", " left", f"unpacking {ARCHIVE}"):
        assert word.encode() in seen, (word, seen)
    assert b"\n" not in seen and seen.endswith(b"\r\x1b[K")


def test_where_the_server_does_not_say_the_size_the_published_one_counts(serve, tmp_path):
    server = serve({ARCHIVE: GOOD}, slow=0.02, sized=False)
    _, seen = seen_on_a_terminal("data", SET, "--dest", tmp_path / "1", "--from", server.url)
    assert b": 0 % of 169 MB" in seen, seen
    _, seen = seen_on_a_terminal("data", SET, "--dest", tmp_path / "2", "--from", server.url, "--md5", md5(GOOD))
    assert b" % of " not in seen and b" kB/s" in seen, seen  # of another file it says nothing
