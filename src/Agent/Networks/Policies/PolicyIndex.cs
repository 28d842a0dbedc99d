using System.Net;
using System.Security.Cryptography;
using System.Text;
using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Networks.Policies;

/// <summary>
/// What the kernel's table was made for, in RUNROOT/networks/policies: a digest of the policies, and the endpoints. So
/// that a change needs no look at the records of all containers. It is taken away before the table changes, and the new
/// one written after that: after a crash in between there is none, and the table is made anew.
/// </summary>
internal sealed class PolicyIndex
{
    private const int Version = 1;

    private readonly Dictionary<string, PolicyMember> _members = [];

    /// <summary>The endpoints.</summary>
    public Dictionary<string, PolicyMember>.ValueCollection Members => _members.Values;

    /// <summary>Adds an endpoint; one with the same id is replaced.</summary>
    public void Add(PolicyMember member) => _members[member.Id] = member;

    /// <summary>Takes an endpoint out; fine when there is none.</summary>
    public void Remove(string id) => _members.Remove(id);

    /// <summary>The same endpoints.</summary>
    public PolicyIndex Copy()
    {
        var copy = new PolicyIndex();
        foreach (PolicyMember member in Members) copy.Add(member);
        return copy;
    }

    /// <summary>Reads it; null when there is none, or not one of these policies.</summary>
    public static PolicyIndex? TryRead(StateRoots roots, IReadOnlyList<NetworkPolicy> policies)
    {
        if (StateFile.TryRead(PathIn(roots)) is not { } content) return null;
        using var reader = new BinaryReader(new MemoryStream(content));
        try
        {
            if (reader.ReadInt32() != Version || reader.ReadString() != DigestOf(policies)) return null;
            var index = new PolicyIndex();
            for (int left = reader.ReadInt32(); left > 0; left--) index.Add(ReadMember(reader));
            return index;
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            return null;
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
    public void Write(StateRoots roots, IReadOnlyList<NetworkPolicy> policies)
    {
        var content = new MemoryStream();
        using var writer = new BinaryWriter(content);
        writer.Write(Version);
        writer.Write(DigestOf(policies));
        writer.Write(_members.Count);
        foreach (PolicyMember member in Members) Write(writer, member);
        writer.Flush();
        AtomicFile.Replace(PathIn(roots), content.GetBuffer().AsSpan(0, (int)content.Length), durable: false);
    }

    private static string PathIn(StateRoots roots) => roots.RunRoot + "/networks/policies";

    private static string DigestOf(IReadOnlyList<NetworkPolicy> policies)
    {
        using var all = new MemoryStream();
        foreach (NetworkPolicy policy in policies)
        {
            all.Write(Encoding.UTF8.GetBytes($"{policy.Name} {policy.Source.Length}\n"));
            all.Write(policy.Source);
        }
        return Convert.ToHexStringLower(SHA256.HashData(all.GetBuffer().AsSpan(0, (int)all.Length)));
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
