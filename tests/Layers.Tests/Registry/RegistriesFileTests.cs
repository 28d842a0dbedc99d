using System.Text;
using Skiff.Interop;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Registry.Configuration;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Registry;

public sealed class RegistriesFileTests : IDisposable
{
    private readonly ScratchDirectory _folder = new();

    [Theory]
    [InlineData("", "line 1, column 1: not JSON")]
    [InlineData("{\n  \"registries\": }", "line 2, column 17: not JSON")]
    [InlineData("{\n\"registries\": {\"\\ud800\": {}}}", "line 2, column 16: not JSON")]
    [InlineData("[]", "the file: is an array: expected an object")]
    [InlineData("null", "the file: is null: expected an object")]
    [InlineData("""{"registry": {}}""", "\"registry\": unknown member: expected registries")]
    [InlineData("""{"registries": []}""", "registries: is an array: expected an object")]
    [InlineData("""{"registries": {"a_b": {}}}""", "registries.\"a_b\": bad registry host \"a_b\"")]
    [InlineData("""{"registries": {"": {}}}""", "registries.\"\": bad registry host \"\"")]
    [InlineData("""{"registries": {"https://a": {}}}""", "registries.\"https://a\": bad registry host")]
    [InlineData("""{"registries": {"team": {"blocked": true}}}""", "\"team\": names that begin so are Docker Hub's")]
    [InlineData("""{"registries": {"a/B": {}}}""", "registries.\"a/B\": repository name (B) must be lowercase")]
    [InlineData("""{"registries": {"a/": {}}}""", "registries.\"a/\": bad repository name")]
    [InlineData("""{"registries": {"a": true}}""", "registries.\"a\": is true or false: expected an object")]
    [InlineData("""{"registries": {"a": {}, "a": {}}}""", "registries: \"a\" is there twice")]
    [InlineData("""{"registries": {"a": {"block": true}}}""", "registries.\"a\".block: unknown member")]
    [InlineData("""{"registries": {"a": {"blocked": "yes"}}}""", ".blocked: is a string: expected true or false")]
    [InlineData("""{"registries": {"a": {"blocked": true, "blocked": false}}}""", "\"blocked\" is there twice")]
    [InlineData("""{"registries": {"a": {"mirrors": "m"}}}""", ".mirrors: is a string: expected an array of strings")]
    [InlineData("""{"registries": {"a": {"mirrors": ["m", 1]}}}""", ".mirrors[1]: is a number: expected a string")]
    [InlineData("""{"registries": {"a": {"mirrors": ["m", "n:x"]}}}""", ".mirrors[1]: bad registry host \"n:x\"")]
    [InlineData("""{"registries": {"a": {"location": "b//c"}}}""", ".location: bad repository name \"/c\"")]
    [InlineData("""{"registries": {"a": {"location": null}}}""", ".location: is null: expected a string")]
    [InlineData("""{"registries": {"a/b": {"insecure": true}}}""", ".insecure: is said of a host: put it below \"a\"")]
    [InlineData("""{"registries": {"a": {"ca": "ca.pem"}}}""", ".ca: \"ca.pem\" is not an absolute path")]
    [InlineData("""{"registries": {"a": {"cert": "/c"}}}""", "registries.\"a\": cert and key go together")]
    [InlineData("""{"registries": {"a": {"key": "/k"}}}""", "registries.\"a\": cert and key go together")]
    public void Malformed_file_is_refused_with_place_and_problem(string json, string problem)
    {
        string message = Assert.Throws<ImageException>(() => Load(json)).Message;
        Assert.StartsWith(_folder["registries.json"] + ": ", message);
        Assert.Contains(problem, message);
    }

    [Theory]
    [InlineData("a.test/x", "a.test x")]
    [InlineData("busybox", "mirror1 library/busybox|mirror2:5000 hub/library/busybox|docker.io library/busybox")]
    [InlineData("index.docker.io/user/app:v1", "mirror1 user/app|mirror2:5000 hub/user/app|docker.io user/app")]
    [InlineData("old.test/app", "new.test archive/2020/app")]
    [InlineData("old.test/team/app", "new.test team/app")]
    [InlineData("old.test/teams/app", "new.test archive/2020/teams/app")]
    [InlineData("old.test/one/image", "m.test copy|old.test one/image")]
    [InlineData("old.test:5000/app", "old.test:5000 app")]
    [InlineData("OLD.test/team/app", "new.test team/app")]
    public void Name_leads_to_its_mirrors_and_then_to_its_place(string name, string expected)
    {
        RegistryConfiguration configuration = Load(
            """
            {
              // The longest prefix counts.
              "registries": {
                "docker.io": {"mirrors": ["mirror1", "mirror2:5000/hub"]},
                "old.test": {"location": "new.test/archive/2020"},
                "old.test/team": {"location": "new.test/team"},
                "old.test/one/image": {"mirrors": ["m.test/copy"]},
              },
            }
            """);
        Reference reference = Reference.Parse(name);
        List<RegistryLocation> locations = configuration.LocationsOf(reference);
        Assert.Equal(expected, string.Join('|', locations.Select(l => $"{l.Host} {l.RepositoryOf(reference)}")));
        Assert.Equal([.. Enumerable.Repeat(true, locations.Count - 1), false], locations.Select(l => l.IsMirror));
    }

    [Fact]
    public void Blocked_names_are_refused_by_file_and_place()
    {
        RegistryConfiguration configuration =
            Load("""{"registries": {"bad.test": {"blocked": true}, "bad.test/good": {}}}""");
        string message = Assert.Throws<ImageException>(
            () => configuration.LocationsOf(Reference.Parse("bad.test/evil/app"))).Message;
        Assert.Equal(
            $"registry bad.test is blocked by {_folder["registries.json"]}: registries.\"bad.test\"", message);
        Assert.Single(configuration.LocationsOf(Reference.Parse("bad.test/good/app")));
        Assert.Single(configuration.LocationsOf(Reference.Parse("bad.test:80/app")));
    }

    [Fact]
    public void Host_has_what_file_and_certificate_directory_say()
    {
        Directory.CreateDirectory(_folder["certs.d/a.test:5000"]);
        foreach (string name in (string[])["ca.crt", "b.crt", "client.cert", "client.key", "README"])
            File.WriteAllText(_folder["certs.d/a.test:5000/" + name], "");
        RegistryConfiguration configuration =
            Load("""{"registries": {"a.test:5000": {"insecure": true, "ca": "/x", "cert": "/c", "key": "/k"}}}""");
        RegistryHost host = configuration.HostOf("a.test:5000");
        string directory = _folder["certs.d/a.test:5000/"];
        Assert.True(host.Insecure);
        Assert.Equal(["/x", directory + "b.crt", directory + "ca.crt"], host.CaFiles);
        Assert.Equal(("/c", "/k"), host.Client);
        Assert.Equal((directory + "client.cert", directory + "client.key"), Load("{}").HostOf("a.test:5000").Client);
        Assert.Equal(RegistryHost.Default, configuration.HostOf("a.test"));
    }

    [Fact]
    public void File_that_was_asked_for_has_to_be_there()
    {
        var e = Assert.Throws<LinuxException>(() => RegistryConfiguration.Load(_folder["missing"]));
        Assert.Contains(_folder["missing"], e.Message);
    }

    public void Dispose() => _folder.Dispose();

    private RegistryConfiguration Load(string json)
    {
        File.WriteAllBytes(_folder["registries.json"], Encoding.UTF8.GetBytes(json));
        return RegistryConfiguration.Load(_folder["registries.json"], _folder["certs.d"]);
    }
}
