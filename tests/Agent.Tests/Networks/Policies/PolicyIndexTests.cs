using System.Net;
using System.Text;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks.Policies;

namespace Skiff.Agent.Tests.Networks.Policies;

public sealed class PolicyIndexTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("skiff-index-").FullName;
    private readonly StateRoots _roots;
    private readonly List<NetworkPolicy> _policies = [Policy("a")];

    public PolicyIndexTests()
    {
        _roots = new StateRoots(_directory, _directory);
        Directory.CreateDirectory(Path.Join(_directory, "networks"));
        Write([Member("1"), Member("2", tier: "y"), Member("3"), Member("4", tier: "y", names: ["four", "vier"])]);
    }

    private string FilePath => Path.Join(_directory, "networks/policies");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Endpoints_and_chains_are_read_as_they_were_written()
    {
        using PolicyIndex index = PolicyIndex.TryOpen(_roots, _policies)!;
        Assert.Equal(["in-1", "out-1"], index.Classes.Order());
        Assert.Equal(
            ["1 c1 blue one tier=x color=red 10.0.0.1 fd00::1", "2 c2 blue one tier=y color=red 10.0.0.2 fd00::2",
                "3 c3 blue one tier=x color=red 10.0.0.3 fd00::3",
                "4 c4 blue four,vier tier=y color=red 10.0.0.4 fd00::4"], Texts(index));
    }

    [Fact]
    public void Endpoints_come_go_and_change()
    {
        using (PolicyIndex index = PolicyIndex.TryOpen(_roots, _policies)!)
            Assert.True(index.TryAppend(["in-2"], [Member("5"), Member("3", tier: "z")], [Member("1")], () => true));
        using PolicyIndex read = PolicyIndex.TryOpen(_roots, _policies)!;
        Assert.Equal(["2 y", "3 z", "4 y", "5 x"], read.Members.Select(m => $"{m.Id} {m.Labels["tier"]}").Order());
        Assert.Equal(["in-1", "in-2", "out-1"], read.Classes.Order());
    }

    [Fact]
    public void What_was_not_completed_is_not_valid()
    {
        using (PolicyIndex index = PolicyIndex.TryOpen(_roots, _policies)!)
            Assert.False(index.TryAppend([], [Member("D")], [], () => false));
        Assert.Null(PolicyIndex.TryOpen(_roots, _policies));
        Assert.True(PolicyIndex.Exists(_roots));
    }

    [Fact]
    public void It_is_that_of_its_policies_alone_and_of_others_when_it_is_shown_for_them()
    {
        List<NetworkPolicy> others = [Policy("a", port: 81)];
        Assert.Null(PolicyIndex.TryOpen(_roots, others));
        using PolicyIndex open = PolicyIndex.TryOpen(_roots, _policies)!;
        PolicyIndex.Hide(_roots);
        Assert.False(PolicyIndex.Exists(_roots));
        // It is still read where it was opened before.
        Assert.Equal(4, open.Members.Count);
        PolicyIndex.Show(_roots, others);
        Assert.Null(PolicyIndex.TryOpen(_roots, _policies));
        using PolicyIndex shown = PolicyIndex.TryOpen(_roots, others)!;
        Assert.Equal(Texts(open), Texts(shown));
        PolicyIndex.Hide(_roots);
        PolicyIndex.Delete(_roots);
        Assert.Empty(Directory.GetFiles(Path.Join(_directory, "networks")));
    }

    // Each byte another one: it is read as something else, or it is damaged, but nothing else happens.
    [Fact]
    public void What_is_damaged_is_not_read_or_read_as_something_else()
    {
        byte[] content = File.ReadAllBytes(FilePath);
        int damaged = 0;
        for (int at = 12; at < content.Length - 1; at++)
            foreach (byte other in (byte[])[0, (byte)'M', 0x7F, 0xFF])
            {
                byte[] changed = [.. content];
                changed[at] = other;
                File.WriteAllBytes(FilePath, changed);
                using PolicyIndex? index = PolicyIndex.TryRead(_roots, _policies);
                damaged += index is null ? 1 : 0;
            }
        Assert.True(damaged > 100, $"{damaged}");
        File.WriteAllBytes(FilePath, content[..^1]);
        Assert.Null(PolicyIndex.TryOpen(_roots, _policies));
        File.WriteAllBytes(FilePath, []);
        Assert.Null(PolicyIndex.TryOpen(_roots, _policies));
    }

    private void Write(PolicyMember[] members)
    {
        using var index = new PolicyIndex();
        foreach (PolicyMember member in members) index.Add(member);
        index.Write(_roots, _policies, ["in-1", "out-1"]);
    }

    private static PolicyMember Member(string id, string tier = "x", string[]? names = null) => new()
    {
        Id = id, ContainerId = "c" + id, Network = "blue", Names = names ?? ["one"],
        Labels = new() { ["tier"] = tier }, NetworkLabels = new() { ["color"] = "red" },
        Addresses = id.Length == 1 && char.IsDigit(id[0])
            ? [IPAddress.Parse("10.0.0." + id), IPAddress.Parse("fd00::" + id)] : [],
    };

    private static string[] Texts(PolicyIndex index) => [.. index.Members.Select(m =>
        $"{m.Id} {m.ContainerId} {m.Network} {string.Join(',', m.Names)} tier={m.Labels["tier"]} "
        + $"color={m.NetworkLabels["color"]} {string.Join(' ', m.Addresses)}").Order(StringComparer.Ordinal)];

    private static NetworkPolicy Policy(string name, int port = 80) => PolicyReader.Read(Encoding.UTF8.GetBytes(
        $"metadata: {{name: {name}}}\nspec:\n  podSelector: {{}}\n  ingress: [{{ports: [{{port: {port}}}]}}]\n"))[0];
}
