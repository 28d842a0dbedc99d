using System.Net;
using System.Text;

namespace Skiff.System.Tests.Api;

/// <summary>Whatever way a secret comes in by, the agent tells it to nobody: no log, no event, no error.</summary>
public sealed class CredentialTests(SkiffHost host, SecureRegistry registry) : IClassFixture<SecureRegistry>
{
    // Each secret has this in it.
    private const string Mark = "s3cr3t";

    [Fact]
    public void No_credential_is_in_a_log_or_an_event_or_an_error()
    {
        using var agent = new OwnAgent(host, """{"hosts": ["unix://@/a.sock"], "debug": true}""");
        agent.Roots.Variables["SKIFF_REGISTRIES"] = registry.TrustingFile;
        agent.Roots.Variables["HTTPS_PROXY"] = $"http://user:{Mark}-proxy@127.0.0.1:1";
        agent.Roots.Variables["NO_PROXY"] = "127.0.0.1,localhost";
        agent.Start("a.sock");
        agent.Roots.Run("pull", "-q", host.Busybox).Exits(0);
        var errors = new StringBuilder();
        Auth(agent, errors);
        Images(agent, errors);
        Containers(agent);
        string events = agent.Ask("a.sock", "GET",
            $"/events?since=1&until={DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1}").Is(HttpStatusCode.OK).Text;
        Assert.Contains("exec_create", events);
        Assert.Contains("\"create\"", events);
        Assert.DoesNotContain(Mark, events);
        Assert.DoesNotContain(Mark, errors.ToString());
        agent.End();
        Assert.DoesNotContain(Mark, agent.Log);
        // It has said something of what went wrong, so that the search was not in vain.
        Assert.Contains("/images/create", agent.Log);
        Assert.Equal("", Command.Shell(
            "grep -rl $1 $2/root/events* $2/run/events* 2>/dev/null", Mark, agent.Folder).Out);
    }

    private void Auth(OwnAgent agent, StringBuilder errors)
    {
        string wrong = $$"""{"username": "me", "password": "{{Mark}}-1", "serveraddress": "{{registry.Host}}"}""";
        Fails(agent, errors, "/auth", wrong);
        Fails(agent, errors, "/auth", wrong.Replace(registry.Host, "127.0.0.1:1"));
        Fails(agent, errors, "/auth", wrong.Replace(registry.Host, $"https://user:{Mark}-2@127.0.0.1:1/v2/"));
        Fails(agent, errors, "/auth", wrong.Replace(registry.Host, "registry.invalid"));
        Fails(agent, errors, "/auth", wrong[..^3]);
        Fails(agent, errors, "/auth", wrong.Replace("\"me\"", "7"));
        Fails(agent, errors, "/auth", $$"""{"identitytoken": "{{Mark}}-3", "serveraddress": "{{registry.Host}}"}""");
        Fails(agent, errors, "/auth", $$"""{"registrytoken": "{{Mark}}-4", "serveraddress": "{{registry.Host}}"}""");
    }

    private void Images(OwnAgent agent, StringBuilder errors)
    {
        string login = $$"""{"username": "me", "password": "{{Mark}}-5"}""";
        foreach (string image in (string[])[$"{registry.Host}/busybox", "127.0.0.1:1/x", "registry.invalid/x"])
            Fails(agent, errors, $"/images/create?fromImage={image}&tag=latest", null, login);
        Fails(agent, errors, $"/images/create?fromImage={registry.Host}/busybox&tag=latest", null, login[..^4]);
        Fails(agent, errors, $"/images/create?fromSrc=http://user:{Mark}-6@127.0.0.1:1/x.tar");
        Fails(agent, errors, $"/images/create?fromSrc=https://user:{Mark}-7@registry.invalid/x.tar");
        agent.Ask("a.sock", "POST", $"/images/{host.Busybox}/tag?repo={registry.Host}/pushed")
            .Is(HttpStatusCode.Created);
        Fails(agent, errors, $"/images/{registry.Host}/pushed/push", null, login);
        Fails(agent, errors, $"/distribution/{registry.Host}/busybox:latest/json", null, login, "GET");
        Fails(agent, errors, "/images/search?term=x", null, login, "GET");
        Fails(agent, errors, $"/build?remote=https://user:{Mark}-8@git.invalid/x.git");
    }

    private void Containers(OwnAgent agent)
    {
        agent.Create("a.sock", "one", $$""", "Env": ["TOKEN={{Mark}}-9"]""");
        agent.Ask("a.sock", "POST", "/containers/one/start").Is(HttpStatusCode.NoContent);
        string exec = agent.Ask("a.sock", "POST", "/containers/one/exec",
            $$"""{"Cmd": ["true"], "Env": ["TOKEN={{Mark}}-10"]}""").Is(HttpStatusCode.Created).Json["Id"]!.ToString();
        agent.Ask("a.sock", "POST", $"/exec/{exec}/start", """{"Detach": true}""").Is(HttpStatusCode.OK);
        agent.Ask("a.sock", "DELETE", "/containers/one?force=1").Is(HttpStatusCode.NoContent);
    }

    // A pull tells of its failure among the progress, after a status that is none.
    private static void Fails(
        OwnAgent agent, StringBuilder errors, string path, string? body = null, string? login = null,
        string method = "POST")
    {
        ApiAnswer answer = agent.Ask("a.sock", method, path, body, login is null ? null
            : ("X-Registry-Auth", Convert.ToBase64String(Encoding.UTF8.GetBytes(login))));
        Assert.True((int)answer.Status >= 400 || answer.Text.Contains("\"error\""),
            $"{path}: {answer.Status} {answer.Text}");
        errors.AppendLine($"{path.Split('?')[0]}: {answer.Text}");
    }
}
