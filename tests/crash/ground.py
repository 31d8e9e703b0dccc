"""What operations are tried on: a directory, in which a process can be killed, or a filesystem that loses what was not
written when the power is cut."""
import ctypes
import fcntl
import os
import shutil
import struct
import subprocess
import tempfile

from place import Place

CLONE_NEWNS = 0x20000
EXT4_SHUTDOWN = 0x8004587D  # FS_IOC_SHUTDOWN
NO_LOG_FLUSH = 2            # EXT4_GOING_FLAGS_NOLOGFLUSH


class Plain:
    """Points in a directory: kill only."""

    def __init__(self, program):
        self.base = tempfile.mkdtemp(prefix="stravinsky-crash-")
        self.program = program

    def fresh(self, template):
        root = os.path.join(self.base, "run")
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["cp", "-a", template.root, root], check=True)
        return Place(root, self.program)

    def after_crash(self):
        pass

    def close(self):
        shutil.rmtree(self.base, ignore_errors=True)


class PowerCut(Plain):
    """Points on an ext4 of its own that loses what was not written when the process dies."""

    def __init__(self, program):
        super().__init__(program)
        # Whoever copies the mounts of this process keeps the filesystem alive, dead as it is: another test
        # that makes itself a namespace would. So it is mounted where nobody else is.
        if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNS) != 0:
            raise OSError(ctypes.get_errno(), "cannot make a mount namespace")
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        self.image = os.path.join(self.base, "disk")
        self.mount = os.path.join(self.base, "m")
        os.mkdir(self.mount)
        subprocess.run(["truncate", "-s", "64M", self.image], check=True)
        subprocess.run(["mkfs.ext4", "-q", "-F", self.image], check=True)
        self.mounted = False

    def mount_it(self):
        subprocess.run(["mount", "-o", "loop", self.image, self.mount], check=True)
        self.mounted = True

    def unmount(self):
        if self.mounted:
            subprocess.run(["umount", self.mount], check=True)
            self.mounted = False

    def fresh(self, template):
        self.unmount()
        self.mount_it()
        root = os.path.join(self.mount, "run")
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["cp", "-a", template.root, root], check=True)
        os.sync()
        return Place(root, self.program)

    def after_crash(self):
        descriptor = os.open(self.mount, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, EXT4_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(descriptor)
        self.unmount()
        self.mount_it()
        # A power cut is followed by a boot, which this machine does not make: what it would find older
        # than itself is dated so. (An emptied lock file says nothing of whose it is but its age.)
        for directory, _, files in os.walk(self.mount):
            for name in files:
                if name.endswith(".lock"):
                    os.utime(os.path.join(directory, name), (1, 1))

    def close(self):
        self.unmount()
        super().close()
