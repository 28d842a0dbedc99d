// All that the client answers may be null by its types; a null fails the test as well.
#nullable disable warnings
using System.Formats.Tar;
using System.Net;
using System.Text;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Skiff.System.Tests.Api;

/// <summary>What programs do through Docker.DotNet, the client of .NET.</summary>
public sealed class DockerNetTests(ApiAgent api, ITestOutputHelper output) : IClassFixture<ApiAgent>, IDisposable
{
    private const int LimitMs = 120_000;

    private readonly DockerClient _client =
        new DockerClientBuilder().WithEndpoint(new Uri($"unix://{api.Socket}")).Build();

    [Fact(Timeout = LimitMs)]
    public async Task System_tells_of_the_engine_and_the_host()
    {
        await _client.System.PingAsync();
        VersionResponse version = await _client.System.GetVersionAsync();
        SystemInfoResponse info = await _client.System.GetSystemInfoAsync();
        Assert.Equal(("1.51", "linux"), (version.APIVersion, version.Os));
        Assert.Equal(version.Version, info.ServerVersion);
        Assert.Equal(File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), info.KernelVersion);
        Assert.Equal(File.ReadAllText("/proc/sys/kernel/hostname").Trim(), info.Name);
        Assert.StartsWith($"MemTotal:{info.MemTotal / 1024,15} kB", File.ReadAllText("/proc/meminfo"));
        Assert.True(info.Images > 0, "the image of the agent counts");
        Pass("system");
    }

    [Fact(Timeout = LimitMs)]
    public async Task Images_are_pulled_with_progress_named_listed_and_removed()
    {
        string name = api.Host.Image("probe");
        var seen = new Seen<JSONMessage>();
        var wanted = new ImagesCreateParameters { FromImage = name, Tag = "latest" };
        await _client.Images.CreateImageAsync(wanted, new AuthConfig(), seen);
        Assert.Contains(seen.All, message => message.Status == "Pulling from probe" && message.ID == "latest");
        Assert.Contains(seen.All, message => message.Progress is { Total: > 0 } bar && bar.Current <= bar.Total);
        Assert.Contains(seen.All, message => message.Status?.StartsWith("Digest: sha256:") == true);
        Assert.Equal($"Status: Downloaded newer image for {name}:latest", seen.All[^1].Status);
        ImageInspectResponse image = await _client.Images.InspectImageAsync($"{name}:latest");
        Assert.Contains("PROBE=image", image.Config.Env);
        Assert.Equal(("web", "/data", 3), (image.Config.User, image.Config.WorkingDir, image.RootFS.Layers.Count));
        await _client.Images.TagImageAsync(image.ID, new ImageTagParameters { RepositoryName = "net", Tag = "one" });
        ImagesListResponse listed = Assert.Single(await _client.Images.ListImagesAsync(
            new ImagesListParameters { Filters = Filter("reference", "net:one") }));
        Assert.Equal((image.ID, "net:one"), (listed.ID, Assert.Single(listed.RepoTags)));
        await _client.Images.DeleteImageAsync(image.ID, new ImageDeleteParameters { Force = true });
        await Assert.ThrowsAsync<DockerImageNotFoundException>(() => _client.Images.InspectImageAsync("net:one"));
        var missing = new ImagesCreateParameters { FromImage = name, Tag = "nosuch" };
        await Assert.ThrowsAnyAsync<DockerApiException>(() =>
            _client.Images.CreateImageAsync(missing, new AuthConfig(), new Seen<JSONMessage>()));
        Pass("images");
    }

    [Fact(Timeout = LimitMs)]
    public async Task A_container_lives_from_create_to_remove()
    {
        string id = await CreateAsync("life", ["sh", "-c", "trap 'exit 5' TERM; while sleep 0.1; do :; done"],
            more =>
            {
                more.Labels = new Dictionary<string, string> { ["one"] = "two" };
                more.Env = ["A=b"];
                more.HostConfig.RestartPolicy = new RestartPolicy { Name = RestartPolicyKind.No };
            });
        Assert.True(await StartAsync(id));
        Assert.False(await StartAsync(id), "it runs already");
        ContainerInspectResponse inspected = await _client.Containers.InspectContainerAsync("life");
        Assert.Equal((id, "/life", "running"), (inspected.ID, inspected.Name, inspected.State.Status));
        Assert.Contains("A=b", inspected.Config.Env);
        Assert.Equal("two", inspected.Config.Labels["one"]);
        Assert.True(Directory.Exists($"/proc/{inspected.State.Pid}"), "the process is of this host");
        ContainerListResponse listed = Assert.Single(await _client.Containers.ListContainersAsync(
            new ContainersListParameters { Filters = Filter("label", "one=two") }));
        Assert.Equal((id, "/life", "running"), (listed.ID, Assert.Single(listed.Names), listed.State));
        ContainerProcessesResponse processes = await _client.Containers.ListProcessesAsync(id, new());
        Assert.Contains(processes.Processes, row => row[processes.Titles.IndexOf("PID")] == $"{inspected.State.Pid}");
        await _client.Containers.PauseContainerAsync(id);
        Assert.Equal("paused", await StateAsync(id));
        await _client.Containers.UnpauseContainerAsync(id);
        await _client.Containers.RenameContainerAsync(id, new ContainerRenameParameters { NewName = "later" });
        Task<ContainerWaitResponse> end = _client.Containers.WaitContainerAsync("later");
        Assert.True(await _client.Containers.StopContainerAsync(id, new() { WaitBeforeKillSeconds = 60 }));
        Assert.Equal(5, (await end).StatusCode);
        Assert.False(await _client.Containers.StopContainerAsync(id, new()), "it has ended already");
        Assert.Equal("exited", await StateAsync("later"));
        await _client.Containers.RestartContainerAsync(id, new() { WaitBeforeKillSeconds = 0 });
        await _client.Containers.KillContainerAsync(id, new ContainerKillParameters { Signal = "KILL" });
        Assert.Equal(137, (await _client.Containers.WaitContainerAsync(id)).StatusCode);
        await _client.Containers.RemoveContainerAsync(id, new ContainerRemoveParameters());
        await Assert.ThrowsAsync<DockerContainerNotFoundException>(() => StateAsync(id));
        Pass("life");
    }

    [Fact(Timeout = LimitMs)]
    public async Task Streams_carry_what_is_typed_and_said()
    {
        string id = await CreateAsync("streams", ["sh", "-c", "read line; echo got $line; echo bad >&2; exit 3"],
            more => (more.OpenStdin, more.StdinOnce) = (true, true));
        using (MultiplexedStream attached = await _client.Containers.AttachContainerAsync(id,
            new ContainerAttachParameters { Stream = true, Stdin = true, Stdout = true, Stderr = true }))
        {
            await StartAsync(id);
            await TypeAsync(attached, "typed\n");
            attached.CloseWrite();
            Assert.Equal(("got typed\n", "bad\n"), await attached.ReadOutputToEndAsync(default));
        }
        Assert.Equal(3, (await _client.Containers.WaitContainerAsync(id)).StatusCode);
        using MultiplexedStream logs = await _client.Containers.GetContainerLogsAsync(id,
            new ContainerLogsParameters { ShowStdout = true, ShowStderr = true, Follow = true });
        Assert.Equal(("got typed\n", "bad\n"), await logs.ReadOutputToEndAsync(default));
        var lines = new Seen<string>();
        await _client.Containers.GetContainerLogsAsync(id,
            new ContainerLogsParameters { ShowStdout = true, Timestamps = true, Tail = "2" }, lines);
        Assert.Matches("^20[^ ]*Z got typed", Assert.Single(lines.All));
        Pass("streams");
    }

    [Fact(Timeout = LimitMs)]
    public async Task Programs_are_run_in_a_container()
    {
        string id = await SleeperAsync("exec");
        Assert.Equal((9, "b 33\n", "bad\n"), await ExecAsync(new ContainerExecCreateParameters
        {
            Cmd = ["sh", "-c", "echo $A $(id -u); echo bad >&2; exit 9"], Env = ["A=b"], User = "33",
        }, id));
        Assert.Equal((0, "/tmp typed\n", ""), await ExecAsync(new ContainerExecCreateParameters
        {
            Cmd = ["sh", "-c", "echo $PWD $(cat)"], WorkingDir = "/tmp", AttachStdin = true,
        }, id, stream => TypeAsync(stream, "typed")));
        Assert.Equal((0, "44 55\r\n", ""), await ExecAsync(new ContainerExecCreateParameters
        {
            Cmd = ["stty", "size"], TTY = true, ConsoleSize = new ConsoleSize { Height = 44, Width = 55 },
        }, id));
        Pass("exec");
    }

    [Fact(Timeout = LimitMs)]
    public async Task Files_go_in_and_out_as_archives()
    {
        string id = await SleeperAsync("files");
        var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, leaveOpen: true))
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "file")
            {
                DataStream = new MemoryStream("there"u8.ToArray()), Uid = 33, Mode = (UnixFileMode)0x1a0,
            });
        archive.Position = 0;
        await _client.Containers.ExtractArchiveToContainerAsync(id, new() { Path = "/tmp" }, archive);
        Assert.Equal("33 640 there\n", (await ExecAsync(new ContainerExecCreateParameters
        {
            Cmd = ["sh", "-c", "echo $(stat -c '%u %a' /tmp/file) $(cat /tmp/file)"],
        }, id)).Out);
        ContainerArchiveResponse answer = await _client.Containers.GetArchiveFromContainerAsync(id,
            new ContainerPathStatParameters { Path = "/tmp/file" }, false);
        Assert.Equal(("file", 5), (answer.Stat.Name, answer.Stat.Size));
        // The client's stream can only be read asynchronously.
        var back = new MemoryStream();
        await answer.Stream.CopyToAsync(back);
        back.Position = 0;
        using var reader = new TarReader(back);
        TarEntry entry = reader.GetNextEntry(copyData: true);
        Assert.Equal(("file", 33, "there"), (entry.Name, entry.Uid, new StreamReader(entry.DataStream!).ReadToEnd()));
        Assert.Null(reader.GetNextEntry());
        Assert.Contains(await _client.Containers.InspectChangesAsync(id),
            change => change.Path == "/tmp/file" && change.Kind == FileSystemChangeKind.Add);
        Pass("files");
    }

    [Fact(Timeout = LimitMs)]
    public async Task Networks_join_containers_and_ports_reach_them()
    {
        NetworksCreateResponse network = await _client.Networks.CreateNetworkAsync(new NetworksCreateParameters
        {
            Name = "netnet", Labels = new Dictionary<string, string> { ["a"] = "b" },
            IPAM = new IPAM { Config = [new IPAMConfig { Subnet = "10.98.1.0/24", Gateway = "10.98.1.1" }] },
        });
        string page = "mkdir /www; echo page > /www/index.html; exec httpd -f -p 80 -h /www";
        string web = await CreateAsync("web", ["sh", "-c", page], more =>
        {
            more.ExposedPorts = new Dictionary<string, EmptyStruct> { ["80/tcp"] = default };
            more.HostConfig.PortBindings = new Dictionary<string, IList<PortBinding>>
            {
                ["80/tcp"] = [new PortBinding { HostIP = "127.0.0.1", HostPort = "0" }],
            };
        });
        await StartAsync(web);
        string id = await SleeperAsync("other");
        await _client.Networks.ConnectNetworkAsync(network.ID, new NetworkConnectParameters
        {
            Container = web, EndpointConfig = new EndpointSettings
            {
                Aliases = ["site"], IPAMConfig = new EndpointIPAMConfig { IPv4Address = "10.98.1.9" },
            },
        });
        await _client.Networks.ConnectNetworkAsync("netnet", new NetworkConnectParameters { Container = "other" });
        NetworkResponse inspected = await _client.Networks.InspectNetworkAsync(network.ID);
        Assert.Equal(("netnet", "10.98.1.0/24"), (inspected.Name, Assert.Single(inspected.IPAM.Config).Subnet));
        Assert.Equal(["other", "web"], inspected.Containers.Values.Select(one => one.Name).Order());
        Assert.Equal("10.98.1.9/24", inspected.Containers[web].IPv4Address);
        string[] fetch = ["sh", "-c", "until wget -qO- http://site/; do sleep 0.1; done"];
        Assert.Equal("page\n", (await ExecAsync(new ContainerExecCreateParameters { Cmd = fetch }, id)).Out);
        ContainerInspectResponse running = await _client.Containers.InspectContainerAsync(web);
        PortBinding binding = Assert.Single(running.NetworkSettings.Ports["80/tcp"]);
        using var http = new HttpClient();
        Assert.Equal("page\n", await http.GetStringAsync($"http://{binding.HostIP}:{binding.HostPort}/"));
        var busy = await Assert.ThrowsAnyAsync<DockerApiException>(() =>
            _client.Networks.DeleteNetworkAsync(network.ID));
        Assert.Equal(HttpStatusCode.Forbidden, busy.StatusCode);
        await _client.Networks.DisconnectNetworkAsync(network.ID, new() { Container = "other" });
        await _client.Containers.RemoveContainerAsync(web, new() { Force = true });
        Assert.Equal(network.ID, Assert.Single(await _client.Networks.ListNetworksAsync(
            new NetworksListParameters { Filters = Filter("label", "a=b") })).ID);
        await _client.Networks.DeleteNetworkAsync(network.ID);
        await Assert.ThrowsAsync<DockerNetworkNotFoundException>(() =>
            _client.Networks.InspectNetworkAsync(network.ID));
        Pass("networks");
    }

    [Fact(Timeout = LimitMs)]
    public async Task Volumes_keep_files()
    {
        VolumeResponse volume = await _client.Volumes.CreateAsync(new VolumesCreateParameters
        {
            Name = "netvol", Labels = new Dictionary<string, string> { ["a"] = "b" },
        });
        string id = await CreateAsync("writer", ["sh", "-c", "echo kept > /data/file"],
            more => more.HostConfig.Mounts = [new Mount { Type = "volume", Source = "netvol", Target = "/data" }]);
        await StartAsync(id);
        Assert.Equal(0, (await _client.Containers.WaitContainerAsync(id)).StatusCode);
        Assert.Equal("kept\n", File.ReadAllText(Path.Combine(volume.Mountpoint, "file")));
        Assert.Equal(volume.Mountpoint, (await _client.Volumes.InspectAsync("netvol")).Mountpoint);
        MountPoint mount = Assert.Single((await _client.Containers.InspectContainerAsync(id)).Mounts);
        Assert.Equal(("netvol", "/data", true), (mount.Name, mount.Destination, mount.RW));
        var busy = await Assert.ThrowsAnyAsync<DockerApiException>(() => _client.Volumes.RemoveAsync("netvol", false));
        Assert.Equal(HttpStatusCode.Conflict, busy.StatusCode);
        await _client.Containers.RemoveContainerAsync(id, new());
        Assert.Equal("netvol", Assert.Single((await _client.Volumes.ListAsync(
            new VolumesListParameters { Filters = Filter("label", "a=b") })).Volumes).Name);
        await _client.Volumes.RemoveAsync("netvol", false);
        Assert.False(Directory.Exists(volume.Mountpoint), "its files go with it");
        Pass("volumes");
    }

    [Fact(Timeout = LimitMs)]
    public async Task Events_and_figures_come_as_streams()
    {
        using var enough = new CancellationTokenSource();
        var events = new Seen<Message>(message =>
        {
            if (message.Action == "destroy") enough.Cancel();
        });
        Task following = _client.System.MonitorEventsAsync(
            new ContainerEventsParameters
            {
                Filters = Filter("container", "watched"), Since = $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}",
            }, events, enough.Token);
        string id = await SleeperAsync("watched");
        using var two = new CancellationTokenSource();
        var figures = new Seen<ContainerStatsResponse>();
        figures.Then = _ =>
        {
            if (figures.All.Count == 2) two.Cancel();
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _client.Containers.GetContainerStatsAsync(id,
            new ContainerStatsParameters { Stream = true }, figures, two.Token));
        Assert.All(figures.All, one => Assert.Equal((id, "/watched", 1ul), (one.ID, one.Name, one.PidsStats.Current)));
        Assert.True(figures.All[1].Read > figures.All[0].Read && figures.All[0].CPUStats.CPUUsage.TotalUsage > 0);
        Assert.Equal(figures.All[0].Read, figures.All[1].PreRead);
        await _client.Containers.RemoveContainerAsync(id, new() { Force = true });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following);
        string[] order = ["create", "start", "kill", "die", "destroy"];
        Assert.Equal(order, events.All.Select(message => message.Action).Where(order.Contains));
        Message died = events.All.Single(message => message.Action == "die");
        Assert.Equal((id, "137", "watched"), (died.Actor.ID, died.Actor.Attributes["exitCode"],
            died.Actor.Attributes["name"]));
        Pass("events, stats");
    }

    public void Dispose()
    {
        foreach (ContainerListResponse container in _client.Containers.ListContainersAsync(
            new ContainersListParameters { All = true }).GetAwaiter().GetResult())
            api.Ask("DELETE", $"/containers/{container.ID}?force=1").Is(HttpStatusCode.NoContent);
        _client.Dispose();
    }

    private void Pass(string group) => output.WriteLine(ClientMatrixTests.Row("docker.net", group, 1, 1));

    private async Task<string> CreateAsync(string name, string[] command,
        Action<CreateContainerParameters>? more = null)
    {
        var parameters = new CreateContainerParameters
        {
            Name = name, Image = api.Host.Busybox, Cmd = command, HostConfig = new HostConfig(),
        };
        more?.Invoke(parameters);
        return (await _client.Containers.CreateContainerAsync(parameters)).ID;
    }

    private Task<bool> StartAsync(string id) => _client.Containers.StartContainerAsync(id, new());

    private async Task<string> SleeperAsync(string name)
    {
        string id = await CreateAsync(name, ["sleep", "1000"]);
        Assert.True(await StartAsync(id));
        return id;
    }

    private async Task<string> StateAsync(string id) =>
        (await _client.Containers.InspectContainerAsync(id)).State.Status;

    private async Task<(long? Code, string Out, string Error)> ExecAsync(ContainerExecCreateParameters parameters,
        string container, Func<MultiplexedStream, Task>? type = null)
    {
        (parameters.AttachStdout, parameters.AttachStderr) = (true, true);
        string id = (await _client.Exec.CreateContainerExecAsync(container, parameters)).ID;
        using MultiplexedStream stream = await _client.Exec.StartContainerExecAsync(id,
            new ContainerExecStartParameters { TTY = parameters.TTY, ConsoleSize = parameters.ConsoleSize });
        if (type is not null)
        {
            await type(stream);
            stream.CloseWrite();
        }
        (string stdout, string stderr) = await stream.ReadOutputToEndAsync(default);
        ContainerExecInspectResponse inspected = await _client.Exec.InspectContainerExecAsync(id);
        Assert.Equal((false, container), (inspected.Running, inspected.ContainerID));
        return (inspected.ExitCode, stdout, stderr);
    }

    private static Task TypeAsync(MultiplexedStream stream, string text) =>
        stream.WriteAsync(Encoding.UTF8.GetBytes(text), 0, text.Length, default);

    private static Dictionary<string, IDictionary<string, bool>> Filter(string name, string value) =>
        new() { [name] = new Dictionary<string, bool> { [value] = true } };

    // Progress<T> would tell of it later, on another thread.
    private sealed class Seen<T>(Action<T>? then = null) : IProgress<T>
    {
        public List<T> All { get; } = [];

        public Action<T>? Then { get; set; } = then;

        public void Report(T value)
        {
            All.Add(value);
            Then?.Invoke(value);
        }
    }
}
