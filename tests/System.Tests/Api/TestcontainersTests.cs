using System.Net.Sockets;
using System.Text;
using Docker.DotNet.Models;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Networks;
using DotNet.Testcontainers.Volumes;

namespace Skiff.System.Tests.Api;

/// <summary>What tests of programs do through Testcontainers, with servers that really answer.</summary>
public sealed class TestcontainersTests : IClassFixture<ApiAgent>
{
    private const int LimitMs = 240_000, RedisPort = 6379, PostgresPort = 5432;

    private readonly ApiAgent _api;
    private readonly ITestOutputHelper _output;

    public TestcontainersTests(ApiAgent api, ITestOutputHelper output)
    {
        Command.Run(SkiffHost.Script("images"), "redis", "postgres").Exits(0);
        // It would remove what is left, in a container of an image that is on the internet.
        TestcontainersSettings.ResourceReaperEnabled = false;
        (_api, _output) = (api, output);
    }

    [Fact(Timeout = LimitMs)]
    public async Task Redis_answers_at_the_port_that_it_was_given()
    {
        await using IContainer redis = Redis().WithWaitStrategy(Until
            .UntilInternalTcpPortIsAvailable(RedisPort).UntilExternalTcpPortIsAvailable(RedisPort)
            .UntilMessageIsLogged("Ready to accept connections").UntilCommandIsCompleted("redis-cli", "ping")).Build();
        await redis.StartAsync(Token);
        Assert.Equal(TestcontainersStates.Running, redis.State);
        using var client = new TcpClient(redis.Hostname, redis.GetMappedPublicPort(RedisPort));
        Assert.Equal("+PONG", Ask(client, "PING"));
        Assert.Equal("+OK", Ask(client, "SET name skiff"));
        Assert.Equal("$5", Ask(client, "GET name"));
        Assert.Equal("skiff\n", (await redis.ExecAsync(["redis-cli", "get", "name"], Token)).Stdout);
        Assert.Equal(redis.IpAddress, (await redis.ExecAsync(["hostname", "-i"], Token)).Stdout.Trim());
        Pass("redis");
    }

    [Fact(Timeout = LimitMs)]
    public async Task Commands_files_and_logs_pass_both_ways()
    {
        byte[] config = Encoding.ASCII.GetBytes("save \"\"\ntimeout 77\nprotected-mode no\n");
        await using IContainer redis = Redis().WithResourceMapping(config, "/etc/own/redis.conf")
            .WithEnvironment("GREETING", "hello").WithLabel("purpose", "files").WithHostname("cache")
            .WithCommand("redis-server", "/etc/own/redis.conf").Build();
        await redis.StartAsync(Token);
        Assert.Equal("timeout\n77\n", (await redis.ExecAsync(["redis-cli", "config", "get", "timeout"], Token)).Stdout);
        ExecResult result = await redis.ExecAsync(
            ["sh", "-c", "echo $GREETING $(hostname) $(id -un); echo bad >&2; exit 7"], Token);
        Assert.Equal(("hello cache redis\n", "bad\n", 7L), (result.Stdout, result.Stderr, result.ExitCode));

        await redis.CopyAsync("there"u8.ToArray(), "/srv/deep/file", fileMode: UnixFileModes.UserRead, ct: Token);
        Assert.Equal("0 400\n", (await redis.ExecAsync(["stat", "-c", "%u %a", "/srv/deep/file"], Token)).Stdout);
        Assert.Equal("there"u8.ToArray(), await redis.ReadFileAsync("/srv/deep/file", Token));
        Assert.Equal(config, await redis.ReadFileAsync("/etc/own/redis.conf", Token));
        await Assert.ThrowsAsync<FileNotFoundException>(() => redis.ReadFileAsync("/srv/nothing", Token));

        (string stdout, string stderr) = await redis.GetLogsAsync(timestampsEnabled: false, ct: Token);
        Assert.Contains("Server initialized", stdout);
        Assert.Equal("", stderr);
        (stdout, _) = await redis.GetLogsAsync(since: DateTime.UtcNow.AddDays(1), ct: Token);
        Assert.Equal("", stdout);
        Pass("exec, files, logs");
    }

    [Fact(Timeout = LimitMs)]
    public async Task A_container_pauses_stops_starts_again_and_tells_how_it_ended()
    {
        await using IContainer redis = Redis().Build();
        await redis.StartAsync(Token);
        int port = redis.GetMappedPublicPort(RedisPort);
        await redis.PauseAsync(Token);
        Assert.Equal(TestcontainersStates.Paused, redis.State);
        await redis.UnpauseAsync(Token);
        await redis.StopAsync(Token);
        Assert.Equal(TestcontainersStates.Exited, redis.State);
        Assert.Equal(0, await redis.GetExitCodeAsync(Token));
        Assert.ThrowsAny<SocketException>(() => new TcpClient(redis.Hostname, port).Dispose());
        await redis.StartAsync(Token);
        using var client = new TcpClient(redis.Hostname, redis.GetMappedPublicPort(RedisPort));
        Assert.Equal("+PONG", Ask(client, "PING"));
        Pass("states");
    }

    [Fact(Timeout = LimitMs)]
    public async Task Containers_of_a_network_find_each_other_by_alias_and_wait_for_health()
    {
        await using INetwork network = new NetworkBuilder().WithDockerEndpoint(Endpoint)
            .WithName(_api.Host.NewName()).Build();
        await using IContainer redis = Redis().WithNetwork(network).WithNetworkAliases("cache")
            .WithCreateParameterModifier(parameters => parameters.Healthcheck = new HealthcheckConfig
            {
                Test = ["CMD", "redis-cli", "ping"], Interval = TimeSpan.FromMilliseconds(200), Retries = 100,
            })
            .WithWaitStrategy(Until.UntilContainerIsHealthy()).Build();
        await using IContainer client = new ContainerBuilder(_api.Host.Image("redis:latest"))
            .WithDockerEndpoint(Endpoint).WithNetwork(network).DependsOn(redis)
            .WithCommand("redis-cli", "-h", "cache", "set", "from", "next-door").WithTmpfsMount("/scratch")
            .WithWaitStrategy(Until.UntilMessageIsLogged("OK", wait => wait.WithMode(WaitStrategyMode.OneShot)))
            .Build();
        // It starts the other one and waits for it.
        await client.StartAsync(Token);
        Assert.Equal(TestcontainersHealthStatus.Healthy, redis.Health);
        Assert.Equal(0, await client.GetExitCodeAsync(Token));
        Assert.Equal("next-door\n", (await redis.ExecAsync(["redis-cli", "get", "from"], Token)).Stdout);
        Pass("networks, health");
    }

    [Fact(Timeout = LimitMs)]
    public async Task Postgres_keeps_its_tables_in_a_volume()
    {
        await using IVolume volume = new VolumeBuilder().WithDockerEndpoint(Endpoint)
            .WithName(_api.Host.NewName()).Build();
        await using (IContainer first = Postgres(volume).Build())
        {
            await first.StartAsync(Token);
            await QueryAsync(first, "create table t (a int, b text); insert into t values (1, 'one'), (2, 'two')");
            await first.StopAsync(Token);
            Assert.Equal(0, await first.GetExitCodeAsync(Token));
            await first.StartAsync(Token);
            Assert.Equal("2\n", await QueryAsync(first, "select count(*) from t"));
            using var client = new TcpClient(first.Hostname, first.GetMappedPublicPort(PostgresPort));
            // SSLRequest, which this server says no to.
            client.GetStream().Write([0, 0, 0, 8, 4, 210, 22, 47]);
            Assert.Equal('N', client.GetStream().ReadByte());
            ExecResult bad = await first.ExecAsync(["psql", "-c", "select * from nosuch"], Token);
            Assert.Equal(1, bad.ExitCode);
            Assert.Contains("relation \"nosuch\" does not exist", bad.Stderr);
            (_, string stderr) = await first.GetLogsAsync(ct: Token);
            Assert.Contains("database system is ready to accept connections", stderr);
        }
        await using IContainer second = Postgres(volume).Build();
        await second.StartAsync(Token);
        Assert.Equal("1|one\n2|two\n", await QueryAsync(second, "select * from t order by a"));
        Pass("postgresql, volumes");
    }

    [Fact(Timeout = LimitMs)]
    public async Task What_cannot_start_is_told()
    {
        await using IContainer ends = Redis().WithCommand("redis-server", "--nosuch", "1")
            .WithWaitStrategy(Until.UntilMessageIsLogged("Ready")).Build();
        var ended = await Assert.ThrowsAsync<ContainerNotRunningException>(() => ends.StartAsync(Token));
        Assert.Contains("Bad directive", ended.Message);
        await using IContainer missing = new ContainerBuilder(_api.Host.Image("redis:nosuch"))
            .WithDockerEndpoint(Endpoint).Build();
        Exception refused = await Assert.ThrowsAnyAsync<Exception>(() => missing.StartAsync(Token));
        Assert.Contains("redis:nosuch", refused.Message);
        Pass("failures");
    }

    private static IWaitForContainerOS Until => DotNet.Testcontainers.Builders.Wait.ForUnixContainer();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Endpoint => $"unix://{_api.Socket}";

    private void Pass(string group) => _output.WriteLine(ClientMatrixTests.Row("testcontainers", group, 1, 1));

    private ContainerBuilder Redis() => new ContainerBuilder(_api.Host.Image("redis:latest"))
        .WithDockerEndpoint(Endpoint).WithPortBinding(RedisPort, assignRandomHostPort: true)
        .WithWaitStrategy(Until.UntilCommandIsCompleted("redis-cli", "ping"));

    private ContainerBuilder Postgres(IVolume volume) => new ContainerBuilder(_api.Host.Image("postgres:latest"))
        .WithDockerEndpoint(Endpoint).WithPortBinding(PostgresPort, assignRandomHostPort: true)
        .WithVolumeMount(volume, "/var/lib/postgresql")
        .WithWaitStrategy(Until.UntilCommandIsCompleted("pg_isready", "-h", "127.0.0.1"));

    private static async Task<string> QueryAsync(IContainer postgres, string statements)
    {
        ExecResult result = await postgres.ExecAsync(["psql", "-At", "-q", "-c", statements], Token);
        Assert.Equal((0, ""), (result.ExitCode, result.Stderr));
        return result.Stdout;
    }

    // A command in one line, as Redis takes it too; the first line of the answer.
    private static string Ask(TcpClient client, string command)
    {
        client.ReceiveTimeout = 60_000;
        client.GetStream().Write(Encoding.ASCII.GetBytes(command + "\r\n"));
        var line = new StringBuilder();
        for (int c; (c = client.GetStream().ReadByte()) is not ('\n' or -1);) line.Append((char)c);
        return line.ToString().TrimEnd('\r');
    }
}
