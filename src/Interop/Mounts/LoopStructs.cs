using System.Runtime.InteropServices;

namespace Skiff.Interop.Mounts;

/// <summary>struct loop_info64 (linux/loop.h).</summary>
internal unsafe struct loop_info64
{
    internal ulong lo_device;
    internal ulong lo_inode;
    internal ulong lo_rdevice;
    internal ulong lo_offset;
    internal ulong lo_sizelimit;
    internal uint lo_number;
    internal uint lo_encrypt_type;
    internal uint lo_encrypt_key_size;
    internal uint lo_flags;
    internal fixed byte lo_file_name[64];
    internal fixed byte lo_crypt_name[64];
    internal fixed byte lo_encrypt_key[32];
    internal fixed ulong lo_init[2];
}

/// <summary>struct loop_config (linux/loop.h, Linux 5.8).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct loop_config
{
    internal uint fd;
    internal uint block_size;
    internal loop_info64 info;
    internal fixed ulong reserved[8];
}
