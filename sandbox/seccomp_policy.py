"""What a cell may not ask the kernel for, with reasons, and the two filters made from the list.

``python -m sandbox.seccomp_policy`` writes both: the container's profile (``seccomp.json``), which a cell's own
processes live under too, and the stricter program every child loads (``cell/child.ARCH.bpf``). Everything else is
allowed: torch uses much of the kernel's interface, and users, namespaces and limits decide what a call may reach.
Denials answer EPERM, so that an honest library falls back instead of dying; only another architecture's system calls
are fatal. What kernels may learn later than this list says that it does not exist.
"""

from __future__ import annotations

import errno
import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ARCHITECTURES = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64"}
_UNKNOWN = -1
_ERRNO = 0x00050000  # SECCOMP_RET_ERRNO
_AS_A_TREE = 2  # of libseccomp's ways to order a filter
_NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET
_CLONE_PARENT = 0x8000
_NEWEST = 456
"""futex_requeue: the last call that was looked at for the list below. From here on all architectures share numbers."""
_X32 = 0x40000000
_INT = 0xFFFFFFFF
"""What the kernel reads of an ``int`` argument: the register's upper half is the caller's, and must change nothing."""
_F_SETFL = 4
_PACKETS = 0x4000 | 0x10000
"""``O_DIRECT`` of either architecture; on the other one it is ``O_DIRECTORY``, which no pipe is."""
_NOTIFICATIONS = 0x80


@dataclass(frozen=True, slots=True)
class Rule:
    """System calls refused with ``error``; ``in_container`` says whether the container's profile
    refuses them as well.

    ``first`` and ``second`` restrict the rule to calls whose first or second argument, an ``int``, is one of these;
    ``masked`` to calls whose first argument has any of these single bits set, of which the container's profile lets
    ``allowed_in_container`` through; ``other_than`` to calls whose first argument is anything else. For children alone,
    ``flags`` restrict it further, to calls whose argument of index ``flags_at`` has any of these single bits set.
    """

    calls: str
    why: str
    in_container: bool = True
    error: int = errno.EPERM
    first: tuple[int, ...] = ()
    second: tuple[int, ...] = ()
    masked: int = 0
    allowed_in_container: int = 0
    other_than: int | None = None
    flags: int = 0
    flags_at: int = 0


RULES = (
    Rule("execve execveat", "nothing but this Python runs here", in_container=False),
    Rule(
        "socket socketpair connect bind listen accept accept4 sendto sendmsg sendmmsg recvmmsg",
        "no network, no kernel crypto, no host services behind a socket",
    ),
    Rule(
        "ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_getfd "
        "migrate_pages move_pages",
        "no look into other processes",
    ),
    Rule(
        "kill tkill rt_sigqueueinfo rt_tgsigqueueinfo pidfd_open pidfd_send_signal",
        "signals to others; abort() uses tgkill, which user ids confine to the submission itself",
        in_container=False,
    ),
    Rule(
        "unshare setns mount umount2 pivot_root chroot "
        "move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr",
        "no namespaces or file systems of one's own",
    ),
    Rule(
        "clone",
        "no namespaces by way of clone, and no siblings, which only the zygote makes",
        masked=_NEW_NAMESPACES | _CLONE_PARENT,
        allowed_in_container=_CLONE_PARENT,
    ),
    Rule("clone3", "its flags are behind a pointer; libraries fall back to clone", error=errno.ENOSYS),
    Rule(
        "shmget shmat shmctl shmdt semget semop semctl semtimedop msgget msgsnd msgrcv msgctl",
        "System V objects outlive their maker",
    ),
    Rule("mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr", "so do message queues"),
    Rule("io_uring_setup io_uring_enter io_uring_register", "does input and output past every other filter"),
    Rule("io_setup io_submit io_cancel io_destroy io_getevents io_pgetevents", "its contexts are counted host-wide"),
    Rule("sync syncfs fadvise64", "the buffers and the page cache of the whole host"),
    Rule("vmsplice", "pages in a pipe are in no address space, so no limit counts them"),
    Rule("inotify_init inotify_init1 inotify_add_watch cachestat", "tells who else reads what all cells share"),
    Rule("bpf perf_event_open userfaultfd memfd_secret modify_ldt", "kernel attack surface that no tensor needs"),
    Rule("keyctl add_key request_key", "keyrings outlive their maker"),
    Rule(
        "init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff acct "
        "quotactl quotactl_fd syslog",
        "administration",
    ),
    Rule(
        "settimeofday clock_settime clock_adjtime adjtimex iopl ioperm vhangup sethostname setdomainname",
        "administration",
    ),
    Rule("open_by_handle_at name_to_handle_at fanotify_init lookup_dcookie", "reaches files past path checks"),
    Rule(
        "prctl",
        "DUMPABLE gives /proc/self back, and with it the OOM score; PDEATHSIG and SUBREAPER outlive the leader; MM "
        "changes what the host sees of us; SCHED_CORE keeps everyone else off the processor beside ours; SECCOMP loads "
        "filters of one's own, which can have the kernel write every call into the host's log",
        in_container=False,
        first=(1, 4, 36, 35, 62, 22),
    ),
    Rule("seccomp", "no filters of one's own, above all none with a listener", in_container=False),
    Rule(
        "sched_setaffinity sched_setscheduler sched_setparam sched_setattr setpriority ioprio_set",
        "everyone gets the same share of the machine",
        in_container=False,
    ),
    Rule("prlimit64", "limits of other processes; 0 means one's own", in_container=False, other_than=0),
    Rule("flock", "locks on files all children share would block the next one", in_container=False),
    Rule(
        "fcntl",
        "so would record locks (SETLK, SETLKW, OFD_SETLK, OFD_SETLKW) and leases; SETOWN, SETSIG, SETOWN_EX and NOTIFY "
        "have the kernel send signals",
        in_container=False,
        second=(6, 7, 37, 38, 1024, 8, 10, 15, 1026),
    ),
    Rule(
        "fcntl",
        "pipes of packets: they stay packets in every pipe they are spliced to, and whoever reads one there "
        "without room for all of it loses the rest, so that the frames behind it begin where the child likes",
        in_container=False,
        second=(_F_SETFL,),
        flags=_PACKETS,
        flags_at=2,
    ),
    Rule(
        "pipe2",
        "pipes of packets, from where the leader's own can be filled; and those of the kernel's notifications",
        in_container=False,
        flags=_PACKETS | _NOTIFICATIONS,
        flags_at=1,
    ),
    Rule("personality capset", "undoes what protects the process itself", in_container=False),
)


def container_profile() -> dict[str, Any]:
    """The profile in the container engine's own format."""
    return {
        "defaultAction": "SCMP_ACT_ALLOW",
        "archMap": [{"architecture": name, "subArchitectures": []} for name in ARCHITECTURES.values()],
        "syscalls": [entry for rule in RULES if rule.in_container for entry in _entries(rule)],
    }


def _entries(rule: Rule) -> list[dict[str, Any]]:
    entry = {
        "names": rule.calls.split(),
        "action": "SCMP_ACT_ERRNO",
        "errnoRet": rule.error,
        "comment": rule.why,
    }
    conditions: list[dict[str, Any]] = [
        {"index": index, "value": _INT, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ"}
        for index, value in _integers(rule)
    ]
    refused = _bits(rule.masked & ~rule.allowed_in_container)
    conditions += [{"index": 0, "value": bit, "valueTwo": bit, "op": "SCMP_CMP_MASKED_EQ"} for bit in refused]
    if rule.other_than is not None:
        conditions.append({"index": 0, "value": rule.other_than, "op": "SCMP_CMP_NE"})
    return [entry | {"args": [condition]} for condition in conditions] or [entry]


def _integers(rule: Rule) -> list[tuple[int, int]]:
    """Numbers of arguments, and what those may not be."""
    return [(index, value) for index, values in enumerate((rule.first, rule.second)) for value in values]


def _bits(mask: int) -> list[int]:
    return [1 << bit for bit in range(32) if mask >> bit & 1]


def child_program(architecture: str) -> bytes:
    """The children's filter for ``architecture`` as kernel instructions, 8 bytes each. Needs libseccomp."""
    import tempfile

    import pyseccomp

    program = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    program.set_attr(pyseccomp.Attr.ACT_BADARCH, pyseccomp.KILL_PROCESS)
    # Every child loads it, and the kernel then asks it about every call there is: twice as fast as a tree.
    program.set_attr(pyseccomp.Attr.CTL_OPTIMIZE, _AS_A_TREE)
    _only(program, pyseccomp, architecture)
    for rule in RULES:
        conditions = [pyseccomp.Arg(index, pyseccomp.MASKED_EQ, _INT, value) for index, value in _integers(rule)]
        conditions += [pyseccomp.Arg(0, pyseccomp.MASKED_EQ, bit, bit) for bit in _bits(rule.masked)]
        if rule.other_than is not None:
            conditions.append(pyseccomp.Arg(0, pyseccomp.NE, rule.other_than))
        flags = [[pyseccomp.Arg(rule.flags_at, pyseccomp.MASKED_EQ, bit, bit)] for bit in _bits(rule.flags)]
        for call in rule.calls.split():
            for condition in [[one] for one in conditions] or [[]]:
                for flag in flags or [[]]:
                    _add(program, pyseccomp, rule.error, call, condition + flag)
    with tempfile.TemporaryFile() as file:
        program.export_bpf(file)
        file.seek(0)
        return _nothing_newer() + file.read()


def _nothing_newer() -> bytes:
    """Instructions that answer ENOSYS for numbers above the newest known one and below x32's, as libseccomp cannot."""
    load_number, jump_if_greater, jump_if_not_less, answer = 0x20, 0x25, 0x35, 0x06
    instructions = (
        (load_number, 0, 0, 0),
        (jump_if_not_less, 2, 0, _X32),
        (jump_if_greater, 0, 1, _NEWEST),
        (answer, 0, 0, _ERRNO | errno.ENOSYS),
    )
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)


def _only(program: Any, library: Any, architecture: str) -> None:
    wanted = getattr(library.Arch, architecture.upper())
    if not program.exist_arch(wanted):
        program.add_arch(wanted)
    for other in (library.Arch.X86_64, library.Arch.AARCH64):
        if other is not wanted and program.exist_arch(other):
            program.remove_arch(other)


def _add(program: Any, library: Any, error: int, call: str, conditions: list[Any]) -> None:
    if library.resolve_syscall(library.Arch.NATIVE, call) == _UNKNOWN:
        raise ValueError(f"libseccomp here does not know {call}; use a newer one")
    program.add_rule(library.ERRNO(error), call, *conditions)


def write(folder: Path) -> None:
    """Write the profile and every architecture's program below ``folder``."""
    profile = json.dumps(container_profile(), indent=1) + "\n"
    (folder / "seccomp.json").write_text(profile)
    for architecture in ARCHITECTURES:
        (folder / "cell" / f"child.{architecture}.bpf").write_bytes(child_program(architecture))


if __name__ == "__main__":
    write(Path(__file__).resolve().parent)
