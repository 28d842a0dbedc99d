using System.Text;
using Skiff.Agent.Monitor;
using Skiff.Agent.Networks;
using Skiff.Agent.Tests.Networks;

namespace Skiff.Agent.Tests.Monitor;

public class ContainerResolverTests
{
    private static readonly EndpointSettings[] s_blue = [new EndpointSettings("blue")];

    [Fact]
    public void A_question_that_was_asked_before_costs_no_memory()
    {
        using var ground = new NetworkGround();
        ContainerResolver names = AskInBlue(ground, out _);
        ground.Attach(ground.NewRoom(), "api", s_blue);
        Age(ground);
        byte[][] questions = [.. "api api.blue nobody www.example.com".Split(' ').Select(Encoding.ASCII.GetBytes)];
        void Ask()
        {
            foreach (byte[] name in questions) names.TryFind(name, out _, out _);
        }
        // The first time it is found, the second time known.
        for (int i = 0; i < 2; i++) Ask();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++) Ask();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Whatever_changes_is_heard_at_once(bool isOld)
    {
        using var ground = new NetworkGround();
        ContainerResolver names = AskInBlue(ground, out NetworkRoom room);
        ground.Module.Create(new NetworkRequest("green"));
        void Expect(string name, string addresses)
        {
            // Twice: the second time it may be kept.
            if (isOld) Age(ground);
            Assert.Equal((name, addresses), (name, Find(names, name)));
            Assert.Equal((name, addresses), (name, Find(names, name)));
        }
        for (int i = 0; i < 3; i++)
        {
            Expect("api", "");
            string first =
                $"{ground.Attach(ground.NewRoom(), "one", [s_blue[0] with { Aliases = ["api"] }])[0].Address}";
            Expect("api", first);
            Expect("api.blue", first);
            string second =
                $"{ground.Attach(ground.NewRoom(), "two", [s_blue[0] with { Aliases = ["api"] }])[0].Address}";
            Expect("api", $"{first} {second}");
            ground.Host.Do(() => ground.Module.Detach("one"));
            Expect("api", second);
            ground.Module.Rename("two", ["three"], "two");
            Expect("two", "");
            Expect("three", second);
            ground.Host.Do(() => ground.Module.Detach("two"));
            Expect("three", "");
            ground.Host.Do(() => ground.Module.Connect(
                NetworkGround.Request("web", [new EndpointSettings("green")]), room.Namespace, () => true));
            string other = $"{ground.Attach(ground.NewRoom(), "api", [new EndpointSettings("green")])[0].Address}";
            Expect("api", other);
            Expect("api.green", other);
            Expect("api.blue", "");
            ground.Host.Do(() => ground.Module.Disconnect("web", ground.Module.Get("green"), room.Namespace));
            Expect("api", "");
            ground.Host.Do(() => ground.Module.Detach("api"));
        }
    }

    [Fact]
    public void More_names_than_are_kept_are_all_found()
    {
        using var ground = new NetworkGround();
        ContainerResolver names = AskInBlue(ground, out _);
        string[] aliases = [.. Enumerable.Range(0, 50).Select(i => $"alias{i}")];
        string address = $"{ground.Attach(ground.NewRoom(), "api", [s_blue[0] with { Aliases = aliases }])[0].Address}";
        Age(ground);
        for (int round = 0; round < 2; round++)
            foreach (string alias in aliases) Assert.Equal((alias, address), (alias, Find(names, alias)));
    }

    [Fact]
    public void Descriptors_are_kept_until_it_is_disposed_of()
    {
        using var ground = new NetworkGround();
        using ContainerResolver names = AskInBlue(ground, out _);
        Age(ground);
        Assert.Empty(Held());
        for (int i = 0; i < 100; i++) names.TryFind(Encoding.ASCII.GetBytes($"web{i % 40}"), out _, out _);
        names.TryFind("web"u8, out _, out _);
        Assert.Equal(2, Held().Count);
        names.Dispose();
        Assert.Empty(Held());

        List<string> Held() => [.. Directory.GetFileSystemEntries("/proc/self/fd")
            .Select(fd => new FileInfo(fd).LinkTarget ?? "")
            .Where(target => target.StartsWith(ground.Roots.RunRoot, StringComparison.Ordinal)
                || target.StartsWith(ground.Roots.Root, StringComparison.Ordinal))];
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_replaced_or_removed_is_not_what_it_was(bool isReplaced)
    {
        string directory = Directory.CreateTempSubdirectory("skiff-stamp").FullName;
        try
        {
            var time = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
            foreach (string name in (string[])["old", "new"])
            {
                File.WriteAllText($"{directory}/{name}", name);
                File.SetLastWriteTimeUtc($"{directory}/{name}", time);
            }
            using var stamp = new FileStamp($"{directory}/old");
            Assert.True(stamp.IsCurrent());
            if (isReplaced) File.Move($"{directory}/new", $"{directory}/old", overwrite: true);
            else File.Delete($"{directory}/old");
            Assert.False(stamp.IsCurrent());
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void What_has_just_changed_may_change_again_unseen()
    {
        string directory = Directory.CreateTempSubdirectory("skiff-stamp").FullName;
        try
        {
            Directory.SetLastWriteTimeUtc(directory, DateTime.UtcNow.AddSeconds(-1));
            var old = new FileStamp(directory);
            Assert.True(old.IsSettled && old.IsCurrent());
            // A clock that was set back is no reason to trust nothing.
            Directory.SetLastWriteTimeUtc(directory, DateTime.UtcNow.AddHours(1));
            Assert.True(new FileStamp(directory).IsSettled);
            Assert.False(old.IsCurrent());
            Assert.True(new FileStamp(directory + "/nothing") is { IsSettled: true } nothing && nothing.IsCurrent());
            // On a busy machine the time between the two may be long, but not always.
            bool isNew = false;
            for (int i = 0; i < 1000 && !isNew; i++)
            {
                Directory.SetLastWriteTimeUtc(directory, DateTime.UtcNow);
                isNew = !new FileStamp(directory).IsSettled;
            }
            Assert.True(isNew);
        }
        finally
        {
            Directory.Delete(directory);
        }
    }

    private static ContainerResolver AskInBlue(NetworkGround ground, out NetworkRoom room)
    {
        ground.Module.Create(new NetworkRequest("blue"));
        room = ground.NewRoom();
        ground.Attach(room, "web", s_blue);
        return new ContainerResolver(ground.Roots, "web");
    }

    private static string Find(ContainerResolver names, string name)
    {
        bool isOurs = names.TryFind(Encoding.ASCII.GetBytes(name), out ReadOnlySpan<byte> v4, out _);
        var addresses = new List<string>();
        for (int i = 0; i < v4.Length; i += 4) addresses.Add($"{new System.Net.IPAddress(v4[i..(i + 4)])}");
        Assert.Equal(isOurs, addresses.Count > 0);
        return string.Join(' ', addresses.Order(StringComparer.Ordinal));
    }

    // As if everything had been so for a long time, each for another one.
    private static void Age(NetworkGround ground)
    {
        var state = new DirectoryInfo(ground.Roots.RunRoot + "/networks");
        foreach (FileSystemInfo info in state.EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
            if (info.LinkTarget is null && info.LastWriteTimeUtc > DateTime.UtcNow.AddMinutes(-1))
                info.LastWriteTimeUtc = DateTime.UtcNow.AddHours(-1);
    }
}
