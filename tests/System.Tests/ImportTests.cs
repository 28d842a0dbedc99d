using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>`export`, `import` and `history`.</summary>
public sealed class ImportTests(SkiffHost host)
{
    private const string Change = "echo new > /added; rm /etc/passwd; mkdir /d; ln /added /d/same; mkfifo /d/pipe";

    [Theory]
    [InlineData("created")]
    [InlineData("running")]
    [InlineData("exited")]
    public void Export_has_what_the_container_has_and_import_makes_an_image_of_it(string state)
    {
        string name = host.NewName(), image = host.NewName("image");
        string script = state == "running" ? Change + "; touch /done; sleep 1000" : Change;
        string[] verb = state switch { "created" => ["create"], "running" => ["run", "-d"], _ => ["run"] };
        host.Run([.. verb, "--name", name, "-v", "/volume", host.Busybox, "sh", "-c", script]).Exits(0);
        if (state == "running") Wait.Until(() => host.Run("exec", name, "ls", "/done").ExitCode == 0, "/done is there");
        string tar = Path.Combine(host.NewFolder(), "c.tar");
        host.Run("export", "-o", tar, name).Exits(0);
        string[] entries = Command.Run("tar", "-tf", tar).Exits(0).Lines;
        Assert.Contains("bin/busybox", entries);
        Assert.Equal(state != "created", entries.Contains("volume/"));
        Assert.Equal(state != "created", entries.Contains("d/same"));
        Assert.Equal(state == "created", entries.Contains("etc/passwd"));
        string id = host.Run("import", "-c", "CMD [\"cat\", \"/added\"]", "-m", "by hand", tar, image).Exits(0).Text();
        Assert.Matches("^sha256:[0-9a-f]{64}$", id);
        if (state != "created") Assert.Equal("new", host.Run("run", "--rm", image).Text());
        Assert.Equal("by hand", host.Run("history", "--format", "{{.Comment}}", image).Text());
        host.Run("rm", "-f", "-v", name).Exits(0);
        host.Run("rmi", image).Exits(0);
        Assert.Equal(0, host.Run("system", "check", "-q").ExitCode);
    }

    [Theory]
    [InlineData("cat")]
    [InlineData("gzip")]
    [InlineData("xz -0")]
    public void Import_reads_pipes_whatever_compresses_them(string compressor)
    {
        string folder = host.NewFolder(), image = host.NewName("image");
        Directory.CreateDirectory(Path.Combine(folder, "tree", "bin"));
        CommandResult imported = Command.Shell("""
            set -o pipefail
            "$1" run --rm "$3" cat /bin/busybox > "$2/tree/bin/busybox" && chmod 755 "$2/tree/bin/busybox"
            tar -C "$2/tree" -c . | $4 | "$1" import - "$5"
            """.Replace("\"$1\"", $"env SKIFF_ROOT={host.Root} SKIFF_RUN_ROOT={host.RunRoot} \"$1\""),
            host.Binary, folder, host.Busybox, compressor, image);
        imported.Exits(0);
        Assert.Equal("hi", host.Run("run", "--rm", image, "/bin/busybox", "echo", "hi").Text());
        Assert.Equal("Imported from -", host.Run("history", "--format", "{{.Comment}}", image).Text());
        host.Run("rmi", image).Exits(0);
    }

    [Fact]
    public void Import_of_what_is_no_tar_leaves_nothing()
    {
        string file = Path.Combine(host.NewFolder(), "words");
        File.WriteAllText(file, new string('x', 2_000));
        Assert.Contains("tar", host.Run("import", file, "bad").Exits(1).Error);
        Assert.Contains("/none", host.Run("import", "/none").Exits(1).Error);
        Assert.DoesNotContain("bad", host.Run("images", "--format", "{{.Repository}}").Lines);
    }

    [Fact]
    public async Task Import_takes_an_address()
    {
        // The layer of an image, which its registry serves as it would any file.
        string[] parts = host.Busybox.Split('/', ':');
        string repository = $"http://{parts[0]}:{parts[1]}/v2/{parts[2]}", image = host.NewName("image");
        using var client = new HttpClient();
        foreach (string type in (string[])["index", "manifest"])
            client.DefaultRequestHeaders.Add("Accept", $"application/vnd.oci.image.{type}.v1+json");
        JsonNode manifest = JsonNode.Parse(await client.GetStringAsync($"{repository}/manifests/latest"))!;
        if (manifest["manifests"] is { } platforms) manifest = JsonNode.Parse(
            await client.GetStringAsync($"{repository}/manifests/{platforms[0]!["digest"]}"))!;
        string address = $"{repository}/blobs/{manifest["layers"]![0]!["digest"]}";
        host.Run("import", address, image).Exits(0);
        Assert.Equal("hi", host.Run("run", "--rm", image, "/bin/busybox", "echo", "hi").Text());
        Assert.Equal($"Imported from {address}", host.Run("inspect", "-f", "{{.Comment}}", image).Text());
        host.Run("rmi", image).Exits(0);
        host.Run("import", repository + "/nothing", image).FailsClearly(1, "404", "/nothing", "check the address");
        host.Run("import", "http://127.0.0.1:1/x", image).FailsClearly(1, "server 127.0.0.1:1", "ECONNREFUSED");
        host.Run("import", "http://me:secret@127.0.0.1:1/x", image).FailsClearly(1, "login");
    }

    [Fact]
    public async Task Import_of_an_address_that_breaks_off_leaves_nothing()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        Task serving = Task.Run(async () =>
        {
            using TcpClient client = await server.AcceptTcpClientAsync();
            NetworkStream stream = client.GetStream();
            _ = await stream.ReadAsync(new byte[4096]);
            // An empty tar but for its end: without the length it would do.
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"u8.ToArray());
            await stream.WriteAsync(new byte[2048]);
        });
        string image = host.NewName("image");
        host.Run("import", $"http://{server.LocalEndpoint}/x.tar", image).FailsClearly(1, $"{server.LocalEndpoint}");
        await serving;
        Assert.DoesNotContain(image, host.Run("images").Out);
    }

    [Fact]
    public void Diff_lists_what_the_container_changed_and_nothing_that_the_engine_made()
    {
        string name = host.NewName();
        host.Run("create", "--name", name, host.Busybox, "sh", "-c", Change
            + "; echo x >> /etc/group; chmod 700 /root; rm -rf /usr/bin; mkdir /usr/bin; touch /usr/bin/x").Exits(0);
        Assert.Equal("", host.Run("diff", name).Exits(0).Out);
        host.Run("start", "-a", name).Exits(0);
        Assert.Equal(["A /added", "A /d", "A /d/pipe", "A /d/same", "C /etc", "C /etc/group", "D /etc/passwd",
            "C /root", "C /usr", "C /usr/bin", "A /usr/bin/x"], host.Run("diff", name).Lines);
        host.Run("rm", name).Exits(0);
        host.Run("run", "--name", name, host.Busybox, "true").Exits(0);
        Assert.Equal("", host.Run("diff", name).Exits(0).Out);
        host.Run("rm", name).Exits(0);
    }

    [Fact]
    public void History_lists_the_steps_last_first_with_the_sizes_of_their_layers()
    {
        host.Run("pull", "-q", host.Probe).Exits(0);
        string[] lines = host.Run("history", "--no-trunc", "--format", "{{.ID}} {{.CreatedBy}}", host.Probe).Lines;
        JsonNode config = JsonNode.Parse(host.Run("image", "inspect", host.Probe).Text())![0]!;
        Assert.StartsWith((string)config["Id"]!, lines[0]);
        Assert.All(lines[1..], line => Assert.StartsWith("<missing> ", line));
        Assert.Equal(config["RootFS"]!["Layers"]!.AsArray().Count,
            host.Run("history", "-H=false", "--format", "{{.Size}}", host.Probe).Lines.Count(size => size != "0"));
        Assert.Equal(((string)config["Id"]!)[7..19], host.Run("history", "-q", host.Probe).Lines[0]);
        Assert.StartsWith("IMAGE ", host.Run("history", host.Probe).Lines[0]);
    }
}
