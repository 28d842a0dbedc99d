using System.Net;
using System.Text;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Networks.Policies;

/// <summary>
/// What the kernel's table was made for, in RUNROOT/networks/policies: a hash of the policies, the endpoints, and the
/// chains for them. So that a change needs no look at the records of all containers. A change of policies takes it
/// away, changes the table, and writes another; endpoints that come and go are appended, which is complete when a last
/// byte says so. After a crash in between it is not valid, and the table is made anew.
/// </summary>
internal sealed class PolicyIndex
{
    private const int Version = 3;
    private const byte MemberEntry = (byte)'M', LeftEntry = (byte)'L', ClassEntry = (byte)'C', DoneEntry = (byte)'D';

    // Endpoints that are no more make the file longer, up to this.
    private const int LongBytes = 8 << 20;

    private readonly Dictionary<string, PolicyMember> _members = [];
    private readonly HashSet<string> _classes = [];

    /// <summary>The endpoints.</summary>
    public Dictionary<string, PolicyMember>.ValueCollection Members => _members.Values;

    /// <summary>The chains for endpoints that the table has, needed or not.</summary>
    public IReadOnlyCollection<string> Classes => _classes;

    /// <summary>Adds an endpoint.</summary>
    public void Add(PolicyMember member) => _members[member.Id] = member;

    /// <summary>Reads it; null when there is none, or not one of these policies.</summary>
    public static PolicyIndex? TryRead(StateRoots roots, IReadOnlyList<NetworkPolicy> policies)
    {
        if (StateFile.TryRead(PathIn(roots)) is not [.., DoneEntry] content) return null;
        using var reader = new BinaryReader(new MemoryStream(content));
        try
        {
            return IsOf(reader, policies) ? Read(reader) : null;
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Whether there is one of these policies; its endpoints are not read.</summary>
    public static bool IsOf(StateRoots roots, IReadOnlyList<NetworkPolicy> policies)
    {
        Errno errno = Files.TryOpenAt(Fd.Cwd, PathIn(roots), OpenFlags.O_RDONLY, 0, out Fd? file);
        if (errno == Errno.ENOENT) return false;
        if (errno != Errno.None) throw new LinuxException(errno, "openat", PathIn(roots));
        using (file)
        {
            byte[] head = new byte[128];
            int length = Files.PRead(file!, head, 0);
            long size = Files.Stat(file!).Size;
            // One that has grown long is read whole, and written anew.
            if (size > LongBytes || length == 0 || Files.PRead(file!, head.AsSpan(127), size - 1) != 1
                || head[127] != DoneEntry) return false;
            using var reader = new BinaryReader(new MemoryStream(head, 0, Math.Min(length, 127)));
            return IsOf(reader, policies);
        }
    }

    /// <summary>Whether the table in the kernel was made for any policies.</summary>
    public static bool Exists(StateRoots roots) => Files.Exists(PathIn(roots));

    /// <summary>Takes it away; fine when there is none.</summary>
    public static void Delete(StateRoots roots)
    {
        Errno errno = Files.TryUnlinkAt(Fd.Cwd, PathIn(roots));
        if (errno is not (Errno.None or Errno.ENOENT)) throw new LinuxException(errno, "unlinkat", PathIn(roots));
    }

    /// <summary>Writes it; not flushed, as it does not outlive the kernel's state.</summary>
    public void Write(StateRoots roots, IReadOnlyList<NetworkPolicy> policies, IEnumerable<string> classes)
    {
        using var content = new MemoryStream();
        using var writer = new BinaryWriter(content);
        writer.Write(Version);
        writer.Write(HashOf(policies));
        WriteEntries(writer, Members, [], classes);
        writer.Write(DoneEntry);
        writer.Flush();
        AtomicFile.Replace(PathIn(roots), content.GetBuffer().AsSpan(0, (int)content.Length), durable: false);
    }

    /// <summary>Appends endpoints that come and go; complete when <paramref name="change"/> returns true.</summary>
    public static bool TryAppend(
        StateRoots roots, IEnumerable<PolicyMember> joined, IEnumerable<PolicyMember> left, IEnumerable<string> classes,
        Func<bool> change)
    {
        using var content = new MemoryStream();
        using var writer = new BinaryWriter(content);
        WriteEntries(writer, joined, left, classes);
        // So that what is not complete never ends as something complete does.
        writer.Write((byte)0);
        writer.Flush();
        using Fd file = Files.Open(PathIn(roots), OpenFlags.O_WRONLY | OpenFlags.O_APPEND);
        Files.WriteAll(file, content.GetBuffer().AsSpan(0, (int)content.Length));
        if (!change()) return false;
        Files.WriteAll(file, [DoneEntry]);
        return true;
    }

    private static bool IsOf(BinaryReader reader, IReadOnlyList<NetworkPolicy> policies) =>
        reader.ReadInt32() == Version && reader.ReadUInt64() == HashOf(policies);

    private static PolicyIndex Read(BinaryReader reader)
    {
        var index = new PolicyIndex();
        while (reader.BaseStream.Position < reader.BaseStream.Length)
            switch (reader.ReadByte())
            {
                case MemberEntry: index.Add(ReadMember(reader)); break;
                case LeftEntry: index._members.Remove(reader.ReadString()); break;
                case ClassEntry: index._classes.Add(reader.ReadString()); break;
            }
        return index;
    }

    private static void WriteEntries(
        BinaryWriter writer, IEnumerable<PolicyMember> joined, IEnumerable<PolicyMember> left,
        IEnumerable<string> classes)
    {
        foreach (PolicyMember member in left)
        {
            writer.Write(LeftEntry);
            writer.Write(member.Id);
        }
        foreach (PolicyMember member in joined)
        {
            writer.Write(MemberEntry);
            Write(writer, member);
        }
        foreach (string name in classes)
        {
            writer.Write(ClassEntry);
            writer.Write(name);
        }
    }

    private static string PathIn(StateRoots roots) => roots.RunRoot + "/networks/policies";

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

    private static void Write(BinaryWriter writer, PolicyMember member)
    {
        writer.Write(member.Id);
        writer.Write(member.ContainerId);
        writer.Write(member.Network);
        Write(writer, member.Names);
        Write(writer, [.. member.Addresses.Select(address => address.ToString())]);
        Write(writer, [.. member.Labels.SelectMany(label => new[] { label.Key, label.Value })]);
        Write(writer, [.. member.NetworkLabels.SelectMany(label => new[] { label.Key, label.Value })]);
    }

    private static PolicyMember ReadMember(BinaryReader reader) => new()
    {
        Id = reader.ReadString(),
        ContainerId = reader.ReadString(),
        Network = reader.ReadString(),
        Names = ReadTexts(reader),
        Addresses = Array.ConvertAll(ReadTexts(reader), IPAddress.Parse),
        Labels = ReadPairs(reader),
        NetworkLabels = ReadPairs(reader),
    };

    private static void Write(BinaryWriter writer, IReadOnlyList<string> texts)
    {
        writer.Write(texts.Count);
        foreach (string text in texts) writer.Write(text);
    }

    private static string[] ReadTexts(BinaryReader reader)
    {
        // No text is shorter than its length: what is damaged asks for no memory that the file does not have.
        int count = reader.ReadInt32();
        if (count < 0 || count > reader.BaseStream.Length) throw new IOException("damaged");
        var texts = new string[count];
        for (int i = 0; i < count; i++) texts[i] = reader.ReadString();
        return texts;
    }

    private static Dictionary<string, string> ReadPairs(BinaryReader reader)
    {
        string[] texts = ReadTexts(reader);
        var pairs = new Dictionary<string, string>(texts.Length / 2);
        for (int i = 0; i + 1 < texts.Length; i += 2) pairs[texts[i]] = texts[i + 1];
        return pairs;
    }
}
