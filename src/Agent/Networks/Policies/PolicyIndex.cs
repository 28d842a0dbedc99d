using System.Net;
using System.Text;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Networks.Policies;

/// <summary>
/// What the kernel's table was made for, in RUNROOT/networks/policies: a hash of the policies, the endpoints, and the
/// chains for them. So that a change needs no look at the records of all containers, nor at the endpoints where it is
/// not about those. A change of policies hides the file, changes the table, and shows it again for the new ones;
/// endpoints that come and go are appended, which is complete when a last byte says so. After a crash in between there
/// is none that is valid, and the table is made anew.
/// </summary>
internal sealed class PolicyIndex : IDisposable
{
    private const int Version = 4, HashOffset = sizeof(int), HeaderSize = HashOffset + sizeof(ulong);
    private const byte GroupEntry = (byte)'G', MemberEntry = (byte)'M', LeftEntry = (byte)'L', ClassEntry = (byte)'C',
        DoneEntry = (byte)'D';

    // Endpoints that are no more make the file longer, up to this.
    private const int LongBytes = 8 << 20;

    private readonly Fd? _file;
    private Dictionary<string, PolicyMember>? _members;
    private readonly HashSet<string> _classes = [];

    /// <summary>One for the endpoints that are added, to be written.</summary>
    public PolicyIndex() => _members = [];

    private PolicyIndex(Fd file) => _file = file;

    /// <summary>The endpoints; read when they are first asked for. IOException: it is damaged.</summary>
    public Dictionary<string, PolicyMember>.ValueCollection Members => Read().Values;

    /// <summary>The chains for endpoints that the table has, needed or not.</summary>
    public IReadOnlyCollection<string> Classes
    {
        get
        {
            Read();
            return _classes;
        }
    }

    /// <summary>The endpoints, for whoever may not get so far as to ask for one.</summary>
    public IEnumerable<PolicyMember> EachMember()
    {
        foreach (PolicyMember member in Members) yield return member;
    }

    /// <summary>Adds an endpoint.</summary>
    public void Add(PolicyMember member) => Read()[member.Id] = member;

    /// <summary>Opens it; null when there is none, or not one of these policies.</summary>
    public static PolicyIndex? TryOpen(StateRoots roots, IReadOnlyList<NetworkPolicy> policies)
    {
        Errno errno = Files.TryOpenAt(Fd.Cwd, PathIn(roots), OpenFlags.O_RDWR | OpenFlags.O_APPEND, 0, out Fd? file);
        if (errno == Errno.ENOENT) return null;
        if (errno != Errno.None) throw new LinuxException(errno, "openat", PathIn(roots));
        if (IsOf(file!, policies)) return new PolicyIndex(file!);
        file!.Dispose();
        return null;
    }

    /// <summary>As <see cref="TryOpen"/>, and reads it; null when it is damaged, too.</summary>
    public static PolicyIndex? TryRead(StateRoots roots, IReadOnlyList<NetworkPolicy> policies)
    {
        PolicyIndex? index = TryOpen(roots, policies);
        try
        {
            index?.Read();
            return index;
        }
        catch (IOException)
        {
            index!.Dispose();
            return null;
        }
    }

    /// <summary>Whether the table in the kernel was made for any policies.</summary>
    public static bool Exists(StateRoots roots) => Files.Exists(PathIn(roots));

    /// <summary>Takes it away; fine when there is none.</summary>
    public static void Delete(StateRoots roots)
    {
        foreach (string path in (ReadOnlySpan<string>)[PathIn(roots), HiddenIn(roots)])
        {
            Errno errno = Files.TryUnlinkAt(Fd.Cwd, path);
            if (errno is not (Errno.None or Errno.ENOENT)) throw new LinuxException(errno, "unlinkat", path);
        }
    }

    /// <summary>Takes it away until it is shown.</summary>
    public static void Hide(StateRoots roots) => Files.Rename(PathIn(roots), HiddenIn(roots));

    /// <summary>Shows what was hidden, as that of other policies, which have the same chains for endpoints.</summary>
    public static void Show(StateRoots roots, IReadOnlyList<NetworkPolicy> policies)
    {
        using (Fd file = Files.Open(HiddenIn(roots), OpenFlags.O_WRONLY))
            Files.PWriteAll(file, BitConverter.GetBytes(HashOf(policies)), HashOffset);
        Files.Rename(HiddenIn(roots), PathIn(roots));
    }

    /// <summary>Writes it; not flushed, as it does not outlive the kernel's state.</summary>
    public void Write(StateRoots roots, IReadOnlyList<NetworkPolicy> policies, IEnumerable<string> classes)
    {
        using var content = new MemoryStream();
        using var writer = new BinaryWriter(content);
        writer.Write(Version);
        writer.Write(HashOf(policies));
        WriteEntries(writer, classes, Members, []);
        writer.Write(DoneEntry);
        writer.Flush();
        AtomicFile.Replace(PathIn(roots), content.GetBuffer().AsSpan(0, (int)content.Length), durable: false);
    }

    /// <summary>Appends endpoints that come and go; complete when <paramref name="change"/> returns true.</summary>
    /// <param name="classes">Chains that are made for them.</param>
    /// <param name="joined">Those that come.</param>
    /// <param name="left">Those that go.</param>
    /// <param name="change">Changes the table.</param>
    public bool TryAppend(
        IEnumerable<string> classes, IEnumerable<PolicyMember> joined, IEnumerable<PolicyMember> left,
        Func<bool> change)
    {
        Append(classes, joined, left);
        if (!change()) return false;
        Files.WriteAll(_file!, [DoneEntry]);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private void Append(
        IEnumerable<string> classes, IEnumerable<PolicyMember> joined, IEnumerable<PolicyMember> left)
    {
        using var content = new MemoryStream();
        using var writer = new BinaryWriter(content);
        WriteEntries(writer, classes, joined, left);
        // So that what is not complete never ends as something complete does.
        writer.Write((byte)0);
        writer.Flush();
        Files.WriteAll(_file!, content.GetBuffer().AsSpan(0, (int)content.Length));
    }

    private static bool IsOf(Fd file, IReadOnlyList<NetworkPolicy> policies)
    {
        Span<byte> head = stackalloc byte[HeaderSize], last = stackalloc byte[1];
        long size = Files.Stat(file).Size;
        // One that has grown long is written anew.
        return size is > HeaderSize and <= LongBytes && Files.PRead(file, head, 0) == HeaderSize
            && Files.PRead(file, last, size - 1) == 1 && last[0] == DoneEntry
            && BitConverter.ToInt32(head) == Version && BitConverter.ToUInt64(head[HashOffset..]) == HashOf(policies);
    }

    private Dictionary<string, PolicyMember> Read()
    {
        if (_members is { } known) return known;
        Errno errno = Files.TryReadToEnd(_file!, out byte[] content);
        if (errno != Errno.None) throw new LinuxException(errno, "read", $"{_file}");
        var members = new Dictionary<string, PolicyMember>(content.Length / 128);
        using var reader = new BinaryReader(new MemoryStream(content, HeaderSize, content.Length - HeaderSize));
        try
        {
            Read(reader, members);
        }
        catch (FormatException)
        {
            throw Damaged();
        }
        return _members = members;
    }

    private void Read(BinaryReader reader, Dictionary<string, PolicyMember> members)
    {
        PolicyMember? group = null;
        while (reader.BaseStream.Position < reader.BaseStream.Length)
            switch (reader.ReadByte())
            {
                case GroupEntry: group = ReadGroup(reader); break;
                case MemberEntry:
                    PolicyMember member = ReadMember(reader, group ?? throw Damaged());
                    members[member.Id] = member;
                    break;
                case LeftEntry: members.Remove(reader.ReadString()); break;
                case ClassEntry: _classes.Add(reader.ReadString()); break;
            }
    }

    private static void WriteEntries(
        BinaryWriter writer, IEnumerable<string> classes, IEnumerable<PolicyMember> joined,
        IEnumerable<PolicyMember> left)
    {
        foreach (PolicyMember member in left)
        {
            writer.Write(LeftEntry);
            writer.Write(member.Id);
        }
        PolicyMember? before = null;
        foreach (PolicyMember member in Grouped(joined))
        {
            if (before is null || !IsAlike(before, member)) WriteGroup(writer, member);
            WriteMember(writer, member);
            before = member;
        }
        foreach (string name in classes)
        {
            writer.Write(ClassEntry);
            writer.Write(name);
        }
    }

    private static string PathIn(StateRoots roots) => roots.RunRoot + "/networks/policies";

    private static string HiddenIn(StateRoots roots) => PathIn(roots) + ".hidden";

    private static ulong HashOf(IReadOnlyList<NetworkPolicy> policies)
    {
        ulong hash = Fnv1a.Of64([]);
        foreach (NetworkPolicy policy in policies)
        {
            hash = Fnv1a.Of64(Encoding.UTF8.GetBytes($"{policy.Name} {policy.Source.Length}\n"), hash);
            hash = Fnv1a.Of64(policy.Source, hash);
        }
        return hash;
    }

    // What many have alike is there once, in front of them.
    private static List<PolicyMember> Grouped(IEnumerable<PolicyMember> members)
    {
        var keyed = new List<(string Key, PolicyMember Member)>();
        foreach (PolicyMember member in members)
            keyed.Add((string.Join('\0', [member.Network, .. Texts(member.Labels), .. Texts(member.NetworkLabels)]),
                member));
        keyed.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        return keyed.ConvertAll(pair => pair.Member);
    }

    private static bool IsAlike(PolicyMember one, PolicyMember other) => one.Network == other.Network
        && Texts(one.Labels).AsSpan().SequenceEqual(Texts(other.Labels))
        && Texts(one.NetworkLabels).AsSpan().SequenceEqual(Texts(other.NetworkLabels));

    private static string[] Texts(Dictionary<string, string> pairs)
    {
        var texts = new string[pairs.Count * 2];
        int i = 0;
        foreach ((string key, string value) in pairs) (texts[i++], texts[i++]) = (key, value);
        return texts;
    }

    private static void WriteGroup(BinaryWriter writer, PolicyMember member)
    {
        writer.Write(GroupEntry);
        writer.Write(member.Network);
        Write(writer, Texts(member.Labels));
        Write(writer, Texts(member.NetworkLabels));
    }

    private static void WriteMember(BinaryWriter writer, PolicyMember member)
    {
        writer.Write(MemberEntry);
        writer.Write(member.Id);
        writer.Write(member.ContainerId);
        Write(writer, member.Names);
        writer.Write((byte)member.Addresses.Count);
        foreach (IPAddress address in member.Addresses)
        {
            byte[] bytes = address.GetAddressBytes();
            writer.Write((byte)bytes.Length);
            writer.Write(bytes);
        }
    }

    private static PolicyMember ReadGroup(BinaryReader reader) => new()
    {
        Id = "", ContainerId = "",
        Network = reader.ReadString(), Labels = ReadPairs(reader), NetworkLabels = ReadPairs(reader),
    };

    private static PolicyMember ReadMember(BinaryReader reader, PolicyMember group) => group with
    {
        Id = reader.ReadString(),
        ContainerId = reader.ReadString(),
        Names = ReadTexts(reader),
        Addresses = ReadAddresses(reader),
    };

    private static IPAddress[] ReadAddresses(BinaryReader reader)
    {
        Span<byte> bytes = stackalloc byte[16];
        var addresses = new IPAddress[reader.ReadByte()];
        for (int i = 0; i < addresses.Length; i++)
        {
            int length = reader.ReadByte();
            if (length is not (4 or 16)) throw Damaged();
            Span<byte> address = bytes[..length];
            reader.ReadExactly(address);
            addresses[i] = new IPAddress(address);
        }
        return addresses;
    }

    private static void Write(BinaryWriter writer, IReadOnlyList<string> texts)
    {
        writer.Write(texts.Count);
        foreach (string text in texts) writer.Write(text);
    }

    private static string[] ReadTexts(BinaryReader reader)
    {
        // No text is shorter than its length: what is damaged asks for no memory that the file does not have.
        int count = reader.ReadInt32();
        if (count < 0 || count > reader.BaseStream.Length) throw Damaged();
        var texts = new string[count];
        for (int i = 0; i < texts.Length; i++) texts[i] = reader.ReadString();
        return texts;
    }

    private static IOException Damaged() => new("a damaged index of policies");

    private static Dictionary<string, string> ReadPairs(BinaryReader reader)
    {
        string[] texts = ReadTexts(reader);
        var pairs = new Dictionary<string, string>(texts.Length / 2);
        for (int i = 0; i + 1 < texts.Length; i += 2) pairs[texts[i]] = texts[i + 1];
        return pairs;
    }
}
