namespace Skiff.Interop.Ebpf;

/// <summary>What is done with a device; the values are BPF_DEVCG_ACC_* of &lt;linux/bpf.h&gt;.</summary>
[Flags]
public enum DeviceAccess
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>mknod(2) (<c>m</c>).</summary>
    Mknod = 1,

    /// <summary>Open for reading (<c>r</c>).</summary>
    Read = 2,

    /// <summary>Open for writing (<c>w</c>).</summary>
    Write = 4,

    /// <summary>All of them (<c>rwm</c>).</summary>
    All = Mknod | Read | Write,
}
