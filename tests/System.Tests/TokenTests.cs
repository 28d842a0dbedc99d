using Skiff.Layers.Tests.Support;

namespace Skiff.System.Tests;

/// <summary>The token flows, against Debian's docker-registry and a token server.</summary>
public sealed class TokenTests(SkiffHost host, TokenRegistry registry) : IClassFixture<TokenRegistry>
{
    private readonly string _folder = host.NewFolder();

    [Fact]
    public void Public_image_is_pulled_with_a_token_for_nobody()
    {
        var image = $"{registry.Host}/{TokenRegistry.PublicName}:bookworm";
        Assert.Equal(image, Run("pull", "-q", image).Text());
        Assert.Contains(registry.Server.Requests, request =>
            request["Authorization"] is null
            && request.Path == "/token?service=test%20registry&scope=repository%3Adebian%3Apull");
    }

    [Fact]
    public void Private_image_needs_a_login_which_is_kept_as_an_identity_token()
    {
        var image = $"{registry.Host}/busybox:latest";
        Run("pull", "-q", image).FailsClearly(1, "(401)", $"skiff login {registry.Host}");
        using (var wrong = Start("login", "-u", TokenRegistry.User, "--password-stdin", registry.Host))
            wrong.Finish("nonsense").FailsClearly(
                1, $"token server {registry.Server.Host} answered 401", "check the login of me");
        using (var right = Start("login", "-u", TokenRegistry.User, "--password-stdin", registry.Host))
            Assert.Contains("Login Succeeded", right.Finish(TokenRegistry.Password).Text());
        var config = File.ReadAllText(Path.Combine(_folder, "config.json"));
        Assert.Contains($"\"identitytoken\": \"{TokenRegistry.IdentityToken}\"", config);

        var before = registry.Server.Requests.Count;
        var pulled = Run("--debug", "pull", image).Exits(0);
        Assert.DoesNotContain(TokenRegistry.IdentityToken, pulled.Out + pulled.Error);
        Request bought = Assert.Single(registry.Server.Requests.Skip(before), r => r.Body.Contains("busybox"));
        Assert.Equal(("POST", "/token", null), (bought.Method, bought.Path, bought["Authorization"]));

        Run("logout", registry.Host).Exits(0);
        Run("pull", "-q", image).FailsClearly(1, "(401)");
    }

    private CommandResult Run(params string[] arguments)
    {
        using var command = Start(arguments);
        return command.Finish();
    }

    private Command Start(params string[] arguments)
    {
        var variables = host.Variables();
        variables["DOCKER_CONFIG"] = _folder;
        return Command.Start(host.Binary, arguments, variables);
    }
}
