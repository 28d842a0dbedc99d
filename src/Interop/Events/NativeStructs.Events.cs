using System.Runtime.InteropServices;
using Skiff.Interop.Libc;

namespace Skiff.Interop.Events;

#pragma warning disable CS0649 // The kernel writes these fields.

/// <summary>struct itimerspec.</summary>
internal struct itimerspec
{
    internal timespec it_interval;
    internal timespec it_value;
}

/// <summary>struct signalfd_siginfo, 128 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal struct signalfd_siginfo
{
    internal uint ssi_signo;
    internal int ssi_errno;
    internal int ssi_code;
    internal uint ssi_pid;
    internal uint ssi_uid;
    internal int ssi_fd;
    internal uint ssi_tid;
    internal uint ssi_band;
    internal uint ssi_overrun;
    internal uint ssi_trapno;
    internal int ssi_status;
}

/// <summary>struct inotify_event; len bytes of name follow.</summary>
internal struct inotify_event
{
    internal int wd;
    internal uint mask;
    internal uint cookie;
    internal uint len;
}

/// <summary>struct sigaction of the C library (not the kernel's), the same on x64 and arm64.</summary>
internal unsafe struct sigaction_t
{
    internal void* sa_handler;
    internal fixed ulong sa_mask[16];
    internal int sa_flags;
    internal void* sa_restorer;
}
