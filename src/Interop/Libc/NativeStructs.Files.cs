using System.Runtime.InteropServices;

namespace Skiff.Interop.Libc;

#pragma warning disable CS0649 // The kernel writes these fields.

/// <summary>struct statx_timestamp.</summary>
internal struct statx_timestamp
{
    internal long tv_sec;
    internal uint tv_nsec;
    internal int reserved;
}

/// <summary>struct statx (linux/stat.h), 256 bytes on every architecture.</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
internal struct statx
{
    internal uint stx_mask;
    internal uint stx_blksize;
    internal ulong stx_attributes;
    internal uint stx_nlink;
    internal uint stx_uid;
    internal uint stx_gid;
    internal ushort stx_mode;
    internal ushort spare0;
    internal ulong stx_ino;
    internal ulong stx_size;
    internal ulong stx_blocks;
    internal ulong stx_attributes_mask;
    internal statx_timestamp stx_atime;
    internal statx_timestamp stx_btime;
    internal statx_timestamp stx_ctime;
    internal statx_timestamp stx_mtime;
    internal uint stx_rdev_major;
    internal uint stx_rdev_minor;
    internal uint stx_dev_major;
    internal uint stx_dev_minor;
    internal ulong stx_mnt_id;
}

/// <summary>struct statfs, the same on x64 and arm64.</summary>
internal unsafe struct statfs
{
    internal long f_type;
    internal long f_bsize;
    internal ulong f_blocks;
    internal ulong f_bfree;
    internal ulong f_bavail;
    internal ulong f_files;
    internal ulong f_ffree;
    internal fixed int f_fsid[2];
    internal long f_namelen;
    internal long f_frsize;
    internal long f_flags;
    internal fixed long f_spare[4];
}

/// <summary>struct timespec with a 64-bit time_t.</summary>
internal struct timespec
{
    internal long tv_sec;
    internal long tv_nsec;
}

/// <summary>struct pollfd.</summary>
internal struct pollfd
{
    internal int fd;
    internal short events;
    internal short revents;
}

/// <summary>struct utsname.</summary>
internal unsafe struct utsname
{
    internal fixed byte sysname[65];
    internal fixed byte nodename[65];
    internal fixed byte release[65];
    internal fixed byte version[65];
    internal fixed byte machine[65];
    internal fixed byte domainname[65];
}
