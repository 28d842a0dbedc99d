namespace Skiff.Interop.Seccomp;

/// <summary>
/// System call names and numbers of every <see cref="SeccompArch"/>. The text table is indexed at first use into
/// a small hash table; names are found as bytes, without allocating. Numbers are "slots": 0 to 767 are the numbers
/// themselves (x32 without its bit), <see cref="ArmPrivateSlot"/> and up are the private calls of 32-bit Arm.
/// </summary>
internal static partial class SyscallTable
{
    /// <summary>Slots per architecture.</summary>
    internal const int SlotCount = ArmPrivateSlot + 16;

    /// <summary>Slot of __ARM_NR_BASE.</summary>
    internal const int ArmPrivateSlot = 768;

    /// <summary>The slot of a call that an architecture does not have.</summary>
    internal const short NoSlot = -1;

    private const int Buckets = 2048;
    private const int MaxRows = 512;
    private static readonly WeakReference<Index> s_index = new(null!);

    // Weak: a process compiles one profile when it starts a container, and then waits for its end.
    private static Index Current
    {
        get
        {
            if (!s_index.TryGetTarget(out Index? index)) s_index.SetTarget(index = new Index());
            return index;
        }
    }

    /// <summary>The row of <paramref name="name"/>, or -1 for a name that no architecture has.</summary>
    internal static int Find(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> data = Data;
        Index index = Current;
        for (int bucket = Hash(name); ; bucket = (bucket + 1) % Buckets)
        {
            int row = index.Heads[bucket] - 1;
            if (row < 0) return -1;
            if (data.Slice(index.Starts[row], index.Lengths[row]).SequenceEqual(name)) return row;
        }
    }

    /// <summary>The slot of the call in <paramref name="row"/>, or <see cref="NoSlot"/>.</summary>
    internal static short Slot(int row, SeccompArch arch) =>
        Current.Slots[(row * SeccompArches.Count) + (int)arch];

    /// <summary>Every name with its slot on <paramref name="arch"/>, for tests.</summary>
    internal static IEnumerable<(string Name, int Slot)> All(SeccompArch arch)
    {
        Index index = Current;
        for (int row = 0; row < index.Rows; row++)
            if (Slot(row, arch) != NoSlot)
                yield return (System.Text.Encoding.ASCII.GetString(Data.Slice(index.Starts[row],
                    index.Lengths[row])), Slot(row, arch));
    }

    private static int Hash(ReadOnlySpan<byte> name)
    {
        uint hash = 2166136261;
        foreach (byte b in name) hash = (hash ^ b) * 16777619;
        return (int)((hash ^ (hash >> 15)) % Buckets);
    }

    private sealed class Index
    {
        internal readonly ushort[] Heads = new ushort[Buckets];
        internal readonly ushort[] Starts = new ushort[MaxRows];
        internal readonly byte[] Lengths = new byte[MaxRows];
        internal readonly short[] Slots = new short[MaxRows * SeccompArches.Count];

        internal Index()
        {
            ReadOnlySpan<byte> data = Data;
            for (int at = 0; at < data.Length; at++) at = ReadRow(data, at);
        }

        internal int Rows { get; private set; }

        /// <summary>Reads one row and returns the position of its newline, or the end.</summary>
        private int ReadRow(ReadOnlySpan<byte> data, int at)
        {
            int start = at;
            while (data[at] != ' ') at++;
            int row = Rows++;
            (Starts[row], Lengths[row]) = ((ushort)start, (byte)(at - start));
            for (int column = 0; column < SeccompArches.Count; column++)
                Slots[(row * SeccompArches.Count) + column] = ReadSlot(data, ref at);
            int bucket = Hash(data[start..(start + Lengths[row])]);
            while (Heads[bucket] != 0) bucket = (bucket + 1) % Buckets;
            Heads[bucket] = (ushort)(row + 1);
            return at;
        }

        private static short ReadSlot(ReadOnlySpan<byte> data, ref int at)
        {
            uint number = 0;
            bool missing = data[++at] == '-';
            for (; at < data.Length && data[at] > ' '; at++) number = (number * 10) + (uint)(data[at] - '0');
            if (missing) return NoSlot;
            return (short)(number < SeccompArches.ArmPrivateBase ? number : ArmPrivateSlot + (number & 15));
        }
    }
}
