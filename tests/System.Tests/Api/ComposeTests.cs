namespace Skiff.System.Tests.Api;

/// <summary>docker compose v2 with the ten services of compose.yaml, and with what else its users do.</summary>
public sealed class ComposeTests(ApiAgent api, ITestOutputHelper output) : IClassFixture<ApiAgent>
{
    private const string Services = "api cache db flaky migrate sidecar ticker web worker";

    [Fact]
    public void Ten_services_come_work_and_go_again_and_again()
    {
        using var clients = new ApiClients(api, "out/tools/clients/usr/bin");
        string folder = clients.Begin();
        Prepare(clients, folder);
        int rounds = Settings.Number("SKIFF_COMPOSE_ROUNDS") ?? 2;
        for (int round = 0; round < rounds; round++)
        {
            clients.Run($"docker compose up -d {(round % 2 == 0 ? "" : "--wait")}", folder).Exits(0);
            Check(clients, folder);
            clients.Run("docker compose --profile debug up -d && docker compose --profile debug down -v -t 1", folder)
                .Exits(0);
            Assert.Equal("", clients.Run("docker ps -aq; docker volume ls -q; docker network ls -q -f type=custom",
                folder).Text());
        }
        output.WriteLine(ClientMatrixTests.Row("compose", "rounds", rounds, rounds));
    }

    [Fact]
    public void A_second_up_changes_what_has_changed_and_nothing_else()
    {
        using var clients = new ApiClients(api, "out/tools/clients/usr/bin");
        string folder = clients.Begin();
        Prepare(clients, folder);
        clients.Run("docker compose up -d cache ticker", folder).Exits(0);
        string before = clients.Run("docker compose ps -q --no-trunc cache ticker", folder).Text();
        clients.Run("docker compose up -d cache ticker", folder).Exits(0);
        Assert.Equal(before, clients.Run("docker compose ps -q --no-trunc cache ticker", folder).Text());
        clients.Run("echo FROM=other > ticker.env; docker compose up -d cache ticker", folder).Exits(0);
        Assert.Equal("other", clients.Run("docker compose exec ticker sh -c 'echo $FROM'", folder).Text());
        Assert.Single(before.Split('\n').Intersect(
            clients.Run("docker compose ps -q --no-trunc cache ticker", folder).Lines));
        Assert.Equal("3", clients.Run(
            "docker compose up -d --scale worker=3 --no-deps worker > /dev/null 2>&1"
            + " && docker compose ps -q worker | wc -l", folder).Text());
        foreach (string line in (string[])["pause ticker", "unpause ticker", "stop -t 1 ticker", "start ticker",
            "kill ticker", "up -d ticker", "top", "images", "ls", "cp page.html ticker:/page", "rm -f -s ticker",
            "create ticker", "config -q", "run --rm --no-deps ticker true"])
            clients.Run($"docker compose {line}", folder).Exits(0);
        clients.Run("docker compose run --rm --no-deps ticker sh -c 'exit 5'", folder).Exits(5);
        Assert.Contains("ticker", clients.Run("docker compose ps -a --services", folder).Text());
        clients.Run("docker compose down -v -t 1", folder).Exits(0);
    }

    [Fact]
    public void Up_in_the_foreground_shows_output_and_ends_with_a_service()
    {
        using var clients = new ApiClients(api, "out/tools/clients/usr/bin");
        string folder = clients.Begin();
        Prepare(clients, folder);
        CommandResult result = clients.Run("docker compose up --exit-code-from migrate migrate", folder).Exits(0);
        Assert.Matches("migrate-1 .*\\| migrated", result.Out);
        clients.Run("docker compose down -v -t 1", folder).Exits(0);
    }

    private static void Prepare(ApiClients clients, string folder)
    {
        File.Copy(SkiffHost.Source("tests/System.Tests/Api/compose.yaml"), Path.Combine(folder, "compose.yaml"));
        File.WriteAllText(Path.Combine(folder, "page.html"), "page\n");
        File.WriteAllText(Path.Combine(folder, "password.txt"), "secret\n");
        File.WriteAllText(Path.Combine(folder, "ticker.env"), "FROM=file\n");
        clients.Set("WEB_PORT", "18980");
    }

    private static void Check(ApiClients clients, string folder)
    {
        string Of(string line) => clients.Run($"docker compose {line}", folder).Text();

        Assert.Equal(Services, string.Join(' ', Of("ps -a --services").Split('\n').Order()));
        Wait.Until(() => Of("ps --format '{{.Service}} {{.State}}' api").Contains("api running"), "api runs");
        Assert.Contains("(healthy)", Of("ps web --format '{{.Status}}'"));
        Assert.Equal("exited 0", Of("ps -a migrate --format '{{.State}} {{.ExitCode}}'"));
        Assert.Equal("127.0.0.1:18980", Of("port web 80"));
        Assert.Equal("page", clients.Run("curl -s http://127.0.0.1:18980/", folder).Text());
        Assert.Equal("secret", Of("exec db cat /data/password"));
        Assert.Equal("migrated", Of("logs --no-log-prefix migrate"));
        Wait.Until(() => Of("logs --no-log-prefix api") == "page\nsecret", "api has what it needs");
        Assert.Equal("test", Of("exec -T api sh -c 'echo $MODE$EMPTY'"));
        Assert.Contains("page", Of("exec -T sidecar wget -qO- http://127.0.0.1/"));
        Assert.Equal("100 33", Of("exec -T cache sh -c 'echo $(ulimit -n) $(id -u)'"));
        Assert.Contains("10.97.0.77", Of("exec -T cache ip -4 -o addr"));
        Assert.NotEqual(Of("exec --index 1 worker hostname"), Of("exec --index 2 worker hostname"));
        // Two addresses, of which nslookup names none twice.
        Assert.Equal(2, Of("exec -T api nslookup workers").Split('\n').Count(line => line.StartsWith("Address: ")));
        Wait.Until(() => Of("ps flaky --format '{{.State}}'") == "running", "flaky is started again");
        using (Command logs = clients.Start("exec docker compose logs -f --no-log-prefix ticker | head -n 12", folder))
            Assert.Equal(Enumerable.Range(1, 12).Select(i => $"tick {i}"), logs.Finish().Lines);
        string started = Of("ps -q web | xargs docker inspect --format '{{.State.StartedAt}}'");
        Of("restart -t 1 web");
        Assert.NotEqual(started, Of("ps -q web | xargs docker inspect --format '{{.State.StartedAt}}'"));
        Wait.Until(() => clients.Run("curl -s http://127.0.0.1:18980/", folder).Out == "page\n", "web is back");
    }
}
