using System.Runtime.InteropServices;

namespace Skiff.Interop.Libc;

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct fsxattr
{
    internal uint fsx_xflags, fsx_extsize, fsx_nextents, fsx_projid, fsx_cowextsize;
    private fixed byte padding[8];
}

[StructLayout(LayoutKind.Sequential)]
internal struct if_dqblk
{
    internal ulong dqb_bhardlimit, dqb_bsoftlimit, dqb_curspace, dqb_ihardlimit, dqb_isoftlimit, dqb_curinodes;
    internal ulong dqb_btime, dqb_itime;
    internal uint dqb_valid;
}
