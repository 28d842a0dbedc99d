using Skiff.Agent.Manager;
using Skiff.Agent.Volumes;

namespace Skiff.Agent.Tests.Volumes;

public sealed class VolumeModuleTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("skiff-volumes").FullName;
    private readonly VolumeModule _module;

    public VolumeModuleTests() => _module = new VolumeModule(new StateRoots($"{_directory}/root", $"{_directory}/run"));

    private string Volumes => $"{_directory}/root/volumes";

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void What_a_create_left_that_was_cut_off_is_removed_when_it_is_old()
    {
        _module.Create("whole");
        foreach (string name in (string[])[".unfinished-1-a", ".unfinished-2-b", ".removed-3-c"])
            Directory.CreateDirectory($"{Volumes}/{name}/_data");
        File.WriteAllText($"{Volumes}/.unfinished-1-a/volume.json.1.1.tmp", "{");
        Directory.SetLastWriteTimeUtc($"{Volumes}/.unfinished-1-a", DateTime.UtcNow.AddMinutes(-2));
        _module.RemoveLeftovers(TimeSpan.FromMinutes(1));
        Assert.Equal([".unfinished-2-b", "whole"], Names());
        _module.RemoveLeftovers(TimeSpan.Zero);
        Assert.Equal(["whole"], Names());
        Assert.Equal(["whole"], _module.List().Select(volume => volume.Name));
    }

    [Fact]
    public void Of_many_that_create_one_name_one_makes_it_and_all_have_it()
    {
        string[] makers = [.. Enumerable.Range(0, 8).Select(i => $"{i}")];
        for (int round = 0; round < 20; round++)
        {
            var made = new Volume[makers.Length];
            Parallel.For(0, makers.Length, i =>
                made[i] = _module.Create($"vol{round}", new Dictionary<string, string> { ["maker"] = makers[i] }));
            string maker = _module.Get($"vol{round}").Labels["maker"];
            Assert.All(made, volume => Assert.Equal(maker, volume.Labels["maker"]));
        }
        Assert.Equal(20, Names().Count);
    }

    [Fact]
    public void A_directory_without_a_record_becomes_the_volume_with_what_it_has()
    {
        Directory.CreateDirectory($"{Volumes}/vol/_data");
        File.WriteAllText($"{Volumes}/vol/_data/file", "kept");
        Assert.False(_module.Exists("vol"));
        _module.Create("vol");
        Assert.True(_module.Exists("vol"));
        Assert.Equal("kept", File.ReadAllText($"{_module.DataDirectory("vol")}/file"));
        Assert.Equal(["vol"], Names());
    }

    private List<string> Names() =>
        [.. Directory.GetDirectories(Volumes).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
