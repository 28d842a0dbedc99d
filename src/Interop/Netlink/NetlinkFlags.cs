namespace Skiff.Interop.Netlink;

/// <summary>
/// NLM_F_* of netlink(7). The values 0x100 and up mean different things on new, get and delete requests.
/// </summary>
[Flags]
public enum NetlinkFlags : ushort
{
    /// <summary>No flag.</summary>
    None = 0,

    /// <summary>A request to the kernel; always added by <see cref="NetlinkBatch"/>.</summary>
    NLM_F_REQUEST = 1,

    /// <summary>
    /// Answer with an error or a zero errno; added by <see cref="NetlinkSocket"/> on the last request of a batch.
    /// </summary>
    NLM_F_ACK = 4,

    /// <summary>Reply only: the table changed while it was dumped, so the dump may be inconsistent.</summary>
    NLM_F_DUMP_INTR = 0x10,

    /// <summary>Get requests: the whole table.</summary>
    NLM_F_DUMP = 0x300,

    /// <summary>New requests: replace an existing object.</summary>
    NLM_F_REPLACE = 0x100,

    /// <summary>New requests: fail with EEXIST when it exists.</summary>
    NLM_F_EXCL = 0x200,

    /// <summary>New requests: create when missing.</summary>
    NLM_F_CREATE = 0x400,

    /// <summary>New requests: add to the end of a list (nf_tables rules).</summary>
    NLM_F_APPEND = 0x800,
}
