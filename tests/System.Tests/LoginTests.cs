using System.Text;
using Skiff.Layers.Tests.Support;

namespace Skiff.System.Tests;

/// <summary>Logins, certificates, mirrors and proxies, with Debian's docker-registry.</summary>
public sealed class LoginTests(SkiffHost host, SecureRegistry registry) : IClassFixture<SecureRegistry>
{
    private const string User = SecureRegistry.User, Password = SecureRegistry.Password;

    private readonly string _folder = host.NewFolder();

    private string ConfigFile => Path.Combine(_folder, "config.json");

    private string Image => $"{registry.Host}/busybox:latest";

    [Fact]
    public void Login_is_kept_and_used_by_pulls_until_logout()
    {
        Run("pull", "-q", Image).FailsClearly(1, "authentication required (401)", $"skiff login {registry.Host}");
        var login = Run("login", "-u", User, "-p", Password, registry.Host).Exits(0);
        Assert.Equal("Login Succeeded\n", login.Out);
        Assert.Contains("WARNING! Using --password via the CLI is insecure. Use --password-stdin.", login.Error);
        Assert.Contains($"WARNING! Your credentials are stored unencrypted in '{ConfigFile}'", login.Error);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(ConfigFile));
        Assert.Equal(Image, Run("pull", "-q", Image).Text());
        Assert.Equal($"Removing login credentials for {registry.Host}", Run("logout", registry.Host).Text());
        Run("pull", "-q", Image).FailsClearly(1, "authentication required (401)");
        Assert.Equal(0, Run("logout", registry.Host).ExitCode);
    }

    [Fact]
    public void Password_comes_from_standard_input_without_its_line_end()
    {
        using var command = Start("login", "--username", User, "--password-stdin", $"https://{registry.Host}/v2/");
        Assert.Contains("Login Succeeded", Checked(command.Finish(Password + "\r\n")).Text());
        var again = Run("login", registry.Host);
        Assert.Equal($"Authenticating with existing credentials... [Username: {User}]\nLogin Succeeded", again.Text());
    }

    [Fact]
    public void Wrong_password_is_refused_and_not_kept()
    {
        File.WriteAllText(ConfigFile, """{"detachKeys": "ctrl-q"}""");
        using var command = Start("login", "-u", User, "--password-stdin", registry.Host);
        command.Finish("nonsense").FailsClearly(
            1, $"login {registry.Host}: unauthorized: incorrect username or password");
        Assert.Equal("""{"detachKeys": "ctrl-q"}""", File.ReadAllText(ConfigFile));
    }

    [Theory]
    [InlineData("Must provide --username", "--password-stdin")]
    [InlineData("mutually exclusive", "-u", "me", "-p", "x", "--password-stdin")]
    [InlineData("Cannot perform an interactive login from a non TTY device", "-u", "me")]
    [InlineData("Cannot perform an interactive login from a non TTY device", "-u", "me", "--password-stdin")]
    [InlineData("requires at most 1 argument", "a", "b")]
    [InlineData("bad registry host \"a b\": expected HOST[:PORT]", "-u", "me", "-p", "x", "a b")]
    public void Login_that_cannot_be_is_refused(string words, params string[] arguments) =>
        Assert.Contains(words, Run(["login", .. arguments]).Exits(1).Error);

    [Fact]
    public void Terminal_is_asked_for_user_and_password_and_does_not_show_the_password()
    {
        var environment = Variables();
        environment["SERVER"] = registry.Host;
        string screen = Path.Combine(_folder, "screen");
        bool Shows(string text) => File.Exists(screen) && File.ReadAllText(screen).Contains(text);
        using var command = Command.Start("/usr/bin/script",
            ["-qefc", "stty -a > $DOCKER_CONFIG/a; $SKIFF login $SERVER; echo code $?; stty -a > $DOCKER_CONFIG/b; "
                + "cmp $DOCKER_CONFIG/a $DOCKER_CONFIG/b && echo same", screen], environment);
        Wait.Until(() => Shows("Username: "), "the user is asked for");
        command.Input.Write(User + "\n");
        command.Input.Flush();
        Wait.Until(() => Shows("Password: "), "the password is asked for");
        command.Input.Write(Password + "\n");
        command.Input.Flush();
        var seen = Checked(command.Finish()).Out;
        Assert.Contains("Username: " + User, seen);
        Assert.Contains("Password: \r\n", seen);
        Assert.Contains("Login Succeeded", seen);
        Assert.Contains("code 0", seen);
        Assert.Contains("same", seen);
    }

    [Fact]
    public void Credential_helper_keeps_the_login()
    {
        File.WriteAllText(ConfigFile, """{"credsStore": "keep"}""");
        var kept = Path.Combine(_folder, "kept");
        var helper = Path.Combine(_folder, "docker-credential-keep");
        File.WriteAllText(helper,
            $$"""
            #!/bin/sh
            echo "$1" >> {{_folder}}/calls
            [ "$1" = store ] && exec cat > {{kept}}
            read -r server
            [ -e {{kept}} ] || { echo credentials not found in native keychain; exit 1; }
            if [ "$1" = get ]; then cat {{kept}}; else rm {{kept}}; fi
            """);
        File.SetUnixFileMode(helper, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using var command = Start("login", "-u", User, "--password-stdin", registry.Host);
        var login = Checked(command.Finish(Password)).Exits(0);
        Assert.DoesNotContain("unencrypted", login.Error);
        Assert.DoesNotContain("auth\"", File.ReadAllText(ConfigFile));
        Run("pull", "-q", Image).Exits(0);
        Run("logout", registry.Host).Exits(0);
        Assert.False(File.Exists(kept));
        Assert.Equal(["store", "get", "erase"], File.ReadAllLines(Path.Combine(_folder, "calls")));
        File.WriteAllText(ConfigFile, """{"credsStore": "gone"}""");
        Run("pull", "-q", Image).FailsClearly(1, "docker-credential-gone", "PATH", ConfigFile);
    }

    [Fact]
    public void Login_of_the_environment_goes_first_and_is_never_written()
    {
        string Auth(string password) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{password}"));
        string file = $$"""{"auths": {"{{registry.Host}}": {"auth": "{{Auth("wrong")}}"} } }""";
        File.WriteAllText(ConfigFile, file);
        Run("pull", "-q", Image).FailsClearly(1, "(401)");
        var variables = Variables();
        variables["DOCKER_AUTH_CONFIG"] = $$"""{"auths": {"{{registry.Host}}": {"auth": "{{Auth(Password)}}"} } }""";
        Assert.Equal(Image, Run(variables, "pull", "-q", Image).Text());
        Assert.Contains("Login Succeeded", Run(variables, "login", registry.Host).Exits(0).Out);
        Assert.Equal(file, File.ReadAllText(ConfigFile));
        Assert.Contains("DOCKER_AUTH_CONFIG still has a login", Run(variables, "logout", registry.Host).Exits(0).Error);
        variables["DOCKER_AUTH_CONFIG"] = Auth(Password);
        Run(variables, "pull", "-q", Image).FailsClearly(1, "DOCKER_AUTH_CONFIG: line 1, column 1: not JSON");
    }

    [Fact]
    public void Registry_of_an_unknown_authority_is_not_trusted() =>
        Registries("{}", "pull", "-q", Image).FailsClearly(
            1, $"cannot trust registry {registry.Host}", "unknown authority (CN=Test Authority)", "certs.d");

    [Fact]
    public void Insecure_registry_may_have_any_certificate() =>
        Registries($$"""{"registries": {"{{registry.Host}}": {"insecure": true} } }""", "pull", "-q", Image)
            .FailsClearly(1, "authentication required (401)");

    [Fact]
    public void Mirrors_are_tried_in_their_order_before_the_registry()
    {
        var mirrored = $$"""
            {"registries": {
              "127.0.0.1:1/team": {"mirrors": ["127.0.0.1:2", "{{registry.Host}}", "127.0.0.1:{{host.RegistryPort}}"]},
              "{{registry.Host}}": {"ca": "{{registry.CaFile}}"}
            } }
            """;
        var name = "127.0.0.1:1/team/busybox:latest";
        Assert.Equal(name, Registries(mirrored, "pull", "-q", name).Text());
        Registries(mirrored, "pull", "-q", "127.0.0.1:1/team/nothing").FailsClearly(
            1, "cannot reach registry 127.0.0.1:1", "mirror 127.0.0.1:2: cannot reach",
            $"mirror {registry.Host}: authentication required", "manifest unknown (404)");
    }

    [Fact]
    public void Blocked_registry_is_refused_by_file_and_place() =>
        Registries("""{"registries": {"bad.example": {"blocked": true}}}""", "pull", "bad.example/app")
            .FailsClearly(1, "pull bad.example/app:latest: registry bad.example is blocked by", "registries.json");

    [Fact]
    public void Malformed_registries_file_is_refused_by_place() =>
        Registries("""{"registries": {"a.example": {"mirror": ["b"]}}}""", "pull", "a.example/app")
            .FailsClearly(1, "registries.json: registries.\"a.example\".mirror: unknown member");

    [Fact]
    public void Registries_behind_a_proxy_are_reached_through_it_unless_they_are_excepted()
    {
        using var proxy = new TestProxy(registry.Host);
        var variables = Variables();
        variables["https_proxy"] = $"http://user:pr0xy-pass@{proxy.Host}";
        var proxied = Run(variables, "pull", "-q", Image).FailsClearly(1, "authentication required (401)");
        Assert.DoesNotContain("pr0xy-pass", proxied.Error);
        Assert.All(proxy.Heads, head => Assert.StartsWith($"CONNECT {registry.Host} ", head));
        var before = proxy.Heads.Count;
        Assert.NotEqual(0, before);
        variables["NO_PROXY"] = registry.Host.Split(':')[0] + "/24";
        Run(variables, "pull", "-q", Image).FailsClearly(1, "authentication required (401)");
        Run(variables, "pull", "-q", host.Busybox).Exits(0);
        Assert.Equal(before, proxy.Heads.Count);
        variables.Remove("NO_PROXY");
        variables["HTTPS_PROXY"] = "http://127.0.0.1:1";
        Run(variables, "pull", "-q", Image).FailsClearly(1, "through proxy 127.0.0.1:1", "ECONNREFUSED");
    }

    [Fact]
    public void Host_without_openssl_is_told_what_to_install()
    {
        using var command = Command.Start("/usr/bin/unshare",
            ["-m", "sh", "-c", "for f in /usr/lib/*/libssl.so.*; do mount --bind /dev/null $f; done; exec \"$@\"", "sh",
                host.Binary, "pull", "-q", Image], Variables());
        command.Finish().FailsClearly(1, "OpenSSL is not on this host", "libssl");
    }

    private CommandResult Run(params string[] arguments) => Run(Variables(), arguments);

    private CommandResult Registries(string json, params string[] arguments)
    {
        var variables = Variables();
        variables["SKIFF_REGISTRIES"] = Path.Combine(_folder, "registries.json");
        File.WriteAllText(variables["SKIFF_REGISTRIES"]!, json);
        return Run(variables, arguments);
    }

    // Runs it, also with its errors in full, which nobody may find a secret in.
    private CommandResult Run(IReadOnlyDictionary<string, string?> variables, params string[] arguments)
    {
        using var command = Command.Start(host.Binary, arguments, variables);
        var result = Checked(command.Finish());
        if (result.ExitCode == 0) return result;
        using var debug = Command.Start(host.Binary, ["--debug", .. arguments], variables);
        Checked(debug.Finish());
        return result;
    }

    private Command Start(params string[] arguments) => Command.Start(host.Binary, arguments, Variables());

    private static CommandResult Checked(CommandResult result)
    {
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));
        foreach (var secret in (string[])[Password, basic])
            Assert.DoesNotContain(secret, result.Out + result.Error);
        return result;
    }

    private Dictionary<string, string?> Variables()
    {
        var variables = host.Variables();
        variables["DOCKER_CONFIG"] = _folder;
        variables["SKIFF_REGISTRIES"] = registry.TrustingFile;
        variables["PATH"] = $"{_folder}:{Environment.GetEnvironmentVariable("PATH")}";
        return variables;
    }
}
