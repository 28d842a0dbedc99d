namespace Skiff.Interop.Ebpf;

/// <summary>Kinds of device node; the values are BPF_DEVCG_DEV_* of &lt;linux/bpf.h&gt;.</summary>
public enum DeviceKind
{
    /// <summary>Both kinds (<c>a</c>).</summary>
    All = 0,

    /// <summary>Block devices (<c>b</c>).</summary>
    Block = 1,

    /// <summary>Character devices (<c>c</c>).</summary>
    Character = 2,
}
