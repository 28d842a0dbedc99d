using Skiff.Agent.Cdi;
using Skiff.Agent.Containers;
using Skiff.Agent.Networks;
using Skiff.Agent.Monitor;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Tests.Containers;

public class ConfigFormatTests
{
    private static readonly ContainerConfig s_full = new()
    {
        Id = new string('a', 64), Name = "web", Created = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
            Image = "x:1",
        ImageId = "sha256:1", DiffIds = ["sha256:2"], Args = ["sh", "-c", "\"\n"], Env = ["A=ä", "B="], WorkingDir =
            "/w",
        User = "1:2", GroupAdd = ["g"], Hostname = "h", Domainname = "d", Tty = true, OpenStdin = true,
        ConsoleRows = 24, ConsoleColumns = 80,
        Labels = new() { ["k"] = "v" }, AutoRemove = true, ReadonlyRootfs = true, Privileged = true, CapAdd = ["ALL"],
        CapDrop = ["MKNOD"], SecurityOpt = ["no-new-privileges"],
        Mounts = [new Mount("tmpfs", "", "/t", true, true, "rslave", "size=1", true, true, "z")
        {
            Recursive = "writable", Subpath = "a/b", VolumeDriver = "local", VolumeOptions = new() { ["o"] = "ro" },
            VolumeLabels = new() { ["l"] = "m" }, ImageId = "sha256:3", DiffIds = ["sha256:4"],
        }],
        Devices = [new Device("/a", "/b", "r")],
        DeviceCgroupRules = ["c 1:3 r"],
        DeviceRequests = [new DeviceRequest { Driver = "a", Count = -1, DeviceIds = ["b"], Capabilities = ["gpu"] }],
        Resources = new()
        {
            MemoryMaxBytes = 1, MemoryReservationBytes = 2, MemorySwapTotalBytes = -1, CpuQuotaUs = 3, CpuPeriodUs = 4,
            CpuShares = 5, CpusetCpus = "0", CpusetMems = "1", PidsMax = 6, BlkioWeight = 7,
            NanoCpus = 11, BlkioWeightDevices = ["/dev/a 10"], IoMax = ["/dev/a rbps=1"],
        },
        Ulimits = ["nofile=1:2"], Sysctls = new() { ["net.a"] = "1" }, ShmSizeBytes = 8, OomScoreAdj = 0, NetworkMode =
            "none",
        Ports = ["80:80"], Networks =
        [
            new EndpointSettings("n")
            {
                Ipv4Address = "1.2.3.4", Ipv6Address = "fd00::1", LinkLocalAddresses = ["fe80::1"],
                MacAddress = "02:00:00:00:00:01", Aliases = ["a"], GatewayPriority = -1,
                DriverOptions = new() { ["k"] = "v" },
            },
        ],
        ExposedPorts = ["80/tcp"], Dns =
            ["1.1.1.1"],
        DnsSearch = ["s"], DnsOptions = ["o"], ExtraHosts = ["a:1.1.1.1"], PidMode = "host", IpcMode = "host",
            UtsMode = "host", CgroupnsMode = "host", CgroupParent = "/p", UsernsMode = "auto",
            UidMap = "0:1:2", GidMap = "0:3:4", ProcessLabel = "a:b:c", MountLabel = "d:e:f",
        LogDriver = "json-file", LogOptions = new() { ["max-size"] = "1m" }, StopSignal = "SIGINT",
        StopTimeoutSeconds = 9, Entrypoint = ["e"], Cmd = ["c"], Restart = new RestartPolicy("on-failure", 3),
        Healthcheck = new Healthcheck
        {
            Test = ["CMD", "true"], IntervalNs = 1, TimeoutNs = 2, StartPeriodNs = 3, StartIntervalNs = 4, Retries = 5,
        },
        Shell = ["/bin/ash", "-c"], HealthOnFailure = "kill", DependsOn = ["db:healthy"],
        Annotations = new() { ["a"] = "b" }, Init = true, PublishAllPorts = true, Links = ["db:d"],
        VolumesFrom = ["db:ro"], StorageSizeBytes = 10, StdinOnce = true, Attached = ["Stdin"],
    };

    [Fact]
    public void A_record_with_every_field_survives_writing_and_reading() =>
        Assert.Equivalent(s_full, ConfigFormat.Read(ConfigFormat.Write(s_full)), strict: true);

    // Every property differs from a fresh record's, or the test above could miss a forgotten one.
    [Fact]
    public void The_record_of_the_test_sets_every_field()
    {
        var empty = new ContainerConfig
        {
            Id = "", Name = "", Created = default, Image = "", ImageId = "", DiffIds = [], Args = [], Env = [],
        };
        foreach (var property in typeof(ContainerConfig).GetProperties().Where(property => property.CanWrite))
            Assert.NotEqual(property.GetValue(empty), property.GetValue(s_full));
    }

    [Fact]
    public void A_state_survives_writing_and_reading()
    {
        var state = new ContainerState
        {
            Status = "running", Pid = 1, PidStartTime = 2, MonitorPid = 3, MonitorStartTime = 4, ExitCode = 5,
                OomKilled = true,
            Error = "e", StartedAt = DateTimeOffset.UtcNow, FinishedAt = DateTimeOffset.UtcNow.AddSeconds(1),
                Warnings = ["w"], RestartCount = 6, StoppedByUser = true, Boot = "b", Health = "healthy",
        };
        Assert.Equivalent(state, StateFormat.Read(StateFormat.Write(state)), strict: true);
    }

    [Fact]
    public void What_health_checks_found_survives_writing_and_reading()
    {
        var health = HealthState.Starting.After(new HealthResult(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow, 3, "no"),
            counts: true, retries: 1);
        Assert.Equal("unhealthy", health.Status);
        Assert.Equivalent(health, HealthFormat.Read(HealthFormat.Write(health)), strict: true);
    }

    [Fact]
    public void Messages_survive_writing_and_reading()
    {
        var start = new StartRequest("id", AttachStreams.Stdin | AttachStreams.Stderr, 24, 80, Persist: true);
        Assert.Equal(start, MessageFormat.ReadStart(MessageFormat.Pack(start).AsSpan(1)));
        var exec = new ExecRequest
        {
            Args = ["a", "b"], Env = ["C=1"], WorkingDir = "/w", User = "u", Tty = true, Privileged = true, Detach =
                true,
            Rows = 1, Columns = 2,
        };
        Assert.Equivalent(exec, MessageFormat.ReadExec(MessageFormat.Pack(exec).AsSpan(1)), strict: true);
        var failure = new FailureReport(127, "not there");
        Assert.Equal(failure, MessageFormat.ReadFailure(MessageFormat.Pack(failure).AsSpan(1)));
    }
}
