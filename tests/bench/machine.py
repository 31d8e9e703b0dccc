"""What the figures were measured on."""
import os
import platform
import shutil
import subprocess
import time


def processor():
    """Its name, and what tells its generation: virtual machines call all of them the same."""
    with open("/proc/cpuinfo") as file:
        told = dict([word.strip() for word in line.split(":", 1)] for line in file if ":" in line)
    if "model name" not in told:
        return platform.machine()
    return f"{told['model name']} (family {told.get('cpu family')}, model {told.get('model')})"


def filesystem(path):
    return subprocess.run(["stat", "-f", "-c", "%T", path], capture_output=True, text=True).stdout.strip()


def default_work():
    """/dev/shm is a tmpfs on every Linux: a disk's noise would hide what is compared."""
    return "/dev/shm" if os.path.isdir("/dev/shm") else None


def facts(work):
    return {"processor": processor(), "cores": len(os.sched_getaffinity(0)), "kernel": platform.release(),
            "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), "filesystem": filesystem(work),
            "free_bytes": shutil.disk_usage(work).free, "load_before": os.getloadavg()[0],
            "date": time.strftime("%Y-%m-%d", time.gmtime())}


def words(found):
    """What a reader needs to know of the machine, in one line.

    @param found  what facts() gave
    """
    return f"{found['date']}, {found['processor']}, {found['cores']} cores"
