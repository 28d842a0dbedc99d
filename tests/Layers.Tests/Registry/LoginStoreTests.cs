using System.Text;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Registry.Logins;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Registry;

public sealed class LoginStoreTests : IDisposable
{
    private const string MePass = "bWU6cGFzczp3b3Jk"; // me:pass:word

    private static readonly RegistryCredentials s_login = new("me", "pass:word");

    private readonly ScratchDirectory _folder = new();
    private readonly LoginStore _store;

    public LoginStoreTests() => _store = new LoginStore(_folder["config.json"]);

    [Theory]
    [InlineData("""{"auths": {"a.test:5000": {"auth": "bWU6cGFzczp3b3Jk"}}}""", "a.test:5000")]
    [InlineData("""{"auths": {"https://a.test:5000/v2/": {"auth": "bWU6cGFzczp3b3Jk"}}}""", "a.test:5000")]
    [InlineData("""{"auths": {"http://a.test": {"username": "me", "password": "pass:word"}}}""", "a.test")]
    [InlineData("""{"auths": {"https://index.docker.io/v1/": {"auth": "bWU6cGFzczp3b3Jk"}}}""", "docker.io")]
    [InlineData("""{"auths": {"docker.io": {"auth": "bWU6cGFzczp3b3Jk"}}}""", "docker.io")]
    [InlineData("""{"auths": {"index.docker.io": {"auth": "bWU6cGFzczp3b3JkAAA="}}}""", "docker.io")]
    public void Login_is_found_under_the_names_that_docker_gives_it(string json, string registry)
    {
        Write(json);
        Assert.Equal(s_login, _store.Find(registry));
        Assert.Null(_store.Find("other.test"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"auths": null}""")]
    [InlineData("""{"auths": {"a.test": {}}}""")]
    [InlineData("""{"auths": {"a.test": {"auth": "", "email": "x"}}}""")]
    [InlineData("""{"auths": {"b.test": {"auth": "bWU6cGFzczp3b3Jk"}}, "credsStore": ""}""")]
    public void Where_there_is_no_login_none_is_found(string json)
    {
        Assert.Null(_store.Find("a.test"));
        Write(json);
        Assert.Null(_store.Find("a.test"));
    }

    [Fact]
    public void Tokens_are_read()
    {
        Write("""{"auths": {"a.test": {"auth": "bWU6", "identitytoken": "I"}, "b.test": {"registrytoken": "R"}}}""");
        Assert.Equal(new RegistryCredentials("me", "") { IdentityToken = "I" }, _store.Find("a.test"));
        Assert.Equal(new RegistryCredentials("", "") { RegistryToken = "R" }, _store.Find("b.test"));
    }

    [Theory]
    [InlineData("{", "line 1, column 2: not JSON")]
    [InlineData("[]", "expected a JSON object")]
    [InlineData("""{"auths": {}, "auths": {}}""", "there twice")]
    [InlineData("""{"auths": []}""", "auths: expected an object")]
    [InlineData("""{"auths": {"a.test": "bWU6cGFzczp3b3Jk"}}""", "auths.\"a.test\": expected an object")]
    [InlineData("""{"auths": {"a.test": {"auth": 1}}}""", "auths.\"a.test\": auth: expected a string")]
    [InlineData("""{"auths": {"a.test": {"auth": "pass:word"}}}""", "auths.\"a.test\".auth: expected USER:PASSWORD")]
    [InlineData("""{"auths": {"a.test": {"auth": "cGFzcw=="}}}""", "auths.\"a.test\".auth: expected USER:PASSWORD")]
    [InlineData("""{"credsStore": 1}""", "credsStore: credsStore: expected a string")]
    [InlineData("""{"credsStore": "../sh"}""", "credsStore: \"../sh\" is not the name of a credential helper")]
    [InlineData("""{"credsStore": "none-such"}""", "credential helper docker-credential-none-such is in no directory")]
    [InlineData("""{"credHelpers": {"a.test": "none-such"}}""", "credHelpers.\"a.test\": credential helper")]
    public void Malformed_file_is_refused_and_shows_no_secret(string json, string problem)
    {
        Write(json);
        string message = Assert.Throws<ImageException>(() => _store.Find("a.test")).Message;
        Assert.StartsWith(_folder["config.json"] + ": ", message);
        Assert.Contains(problem, message);
        Assert.DoesNotContain("pass:word", message);
        Assert.DoesNotContain(MePass, message);
    }

    [Fact]
    public void Login_is_saved_for_the_owner_alone_and_all_else_stays()
    {
        Write(
            """{"HttpHeaders": {"X": "ü<>"}, "auths": {"b.test": {"auth": "eDp5"}}, "detachKeys": "q", "n": 1.50}""");
        File.SetUnixFileMode(_folder["config.json"], UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Assert.True(_store.Save("a.test", s_login));
        Assert.True(_store.Save("docker.io", s_login));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["config.json"]));
        Assert.Equal(
            """
            {
                "HttpHeaders": {
                    "X": "ü<>"
                },
                "auths": {
                    "b.test": {
                        "auth": "eDp5"
                    },
                    "a.test": {
                        "auth": "bWU6cGFzczp3b3Jk"
                    },
                    "https://index.docker.io/v1/": {
                        "auth": "bWU6cGFzczp3b3Jk"
                    }
                },
                "detachKeys": "q",
                "n": 1.50
            }
            """.Replace("    ", "\t"), File.ReadAllText(_folder["config.json"]));
        Assert.Equal(s_login, _store.Find("a.test"));
        Assert.Equal(["config.json"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public void Identity_token_is_saved_in_the_passwords_place()
    {
        var login = new RegistryCredentials("me", "") { IdentityToken = "I" };
        _store.Save("a.test", login);
        Assert.Equal(login, _store.Find("a.test"));
        Assert.DoesNotContain("pass", File.ReadAllText(_folder["config.json"]));
    }

    [Fact]
    public void File_behind_a_symlink_is_replaced_and_the_symlink_stays()
    {
        Directory.CreateDirectory(_folder["elsewhere"]);
        File.CreateSymbolicLink(_folder["config.json"], "elsewhere/real.json");
        _store.Save("a.test", s_login);
        Assert.Equal("elsewhere/real.json", new FileInfo(_folder["config.json"]).LinkTarget);
        Assert.Contains(MePass, File.ReadAllText(_folder["elsewhere/real.json"]));
    }

    [Fact]
    public void Login_is_erased_under_every_name()
    {
        Write(
            """
            {"auths": {"a.test": {"auth": "eDp5"}, "https://a.test": {"auth": "eDp5"}, "b.test": {"auth": "eDp5"}}}
            """);
        Assert.True(_store.Erase("a.test"));
        Assert.False(_store.Erase("a.test"));
        Assert.Null(_store.Find("a.test"));
        Assert.NotNull(_store.Find("b.test"));
    }

    [Fact]
    public async Task Logins_that_are_saved_at_once_are_all_kept()
    {
        await Parallel.ForAsync(0, 40, (i, _) =>
        {
            new LoginStore(_folder["config.json"]).Save($"r{i}.test", s_login);
            return ValueTask.CompletedTask;
        });
        Assert.All(Enumerable.Range(0, 40), i => Assert.Equal(s_login, _store.Find($"r{i}.test")));
    }

    [Theory]
    [InlineData("""{"credsStore": "keep"}""")]
    [InlineData("""{"credHelpers": {"a.test": "keep"}, "credsStore": "none-such"}""")]
    public void Helper_keeps_the_login_and_the_file_has_only_its_mark(string json)
    {
        using var _ = new HelperOnPath(_folder.Path);
        Write(json);
        Assert.Null(_store.Find("a.test"));
        Assert.False(_store.Save("a.test", s_login));
        Assert.Equal(
            """{"ServerURL":"a.test","Username":"me","Secret":"pass:word"}""", File.ReadAllText(_folder["kept"]));
        Assert.DoesNotContain("auth\"", File.ReadAllText(_folder["config.json"]));
        Assert.Contains("\"a.test\": {}", File.ReadAllText(_folder["config.json"]));
        Assert.Equal(s_login, _store.Find("a.test"));
        Assert.True(_store.Erase("a.test"));
        Assert.Null(_store.Find("a.test"));
        Assert.False(File.Exists(_folder["kept"]));
    }

    [Fact]
    public void Helper_keeps_an_identity_token_as_docker_does()
    {
        using var _ = new HelperOnPath(_folder.Path);
        Write("""{"credsStore": "keep"}""");
        _store.Save("docker.io", new RegistryCredentials("me", "") { IdentityToken = "I" });
        Assert.Equal(
            """{"ServerURL":"https://index.docker.io/v1/","Username":"<token>","Secret":"I"}""",
            File.ReadAllText(_folder["kept"]));
        Assert.Equal("I", _store.Find("docker.io")!.IdentityToken);
    }

    [Fact]
    public void Helper_that_fails_is_told_with_its_words()
    {
        using var _ = new HelperOnPath(_folder.Path);
        Write("""{"credsStore": "keep"}""");
        File.WriteAllText(_folder["broken"], "the keyring\nis locked");
        string message = Assert.Throws<ImageException>(() => _store.Find("a.test")).Message;
        Assert.Equal(
            $"{_folder["config.json"]}: credsStore: docker-credential-keep get: exit code 3: the keyring is locked",
            message);
        File.WriteAllText(_folder["broken"], "");
        File.WriteAllText(_folder["kept"], "a secret, but no JSON");
        File.Delete(_folder["broken"]);
        Assert.DoesNotContain("secret,", Assert.Throws<ImageException>(() => _store.Find("a.test")).ToString());
    }

    [Fact]
    public void Login_of_the_environment_goes_before_the_files_which_has_all_others()
    {
        Write($$"""{"auths": {"a.test": {"auth": "{{MePass}}"}, "b.test": {"auth": "{{MePass}}"} } }""");
        var store = new LoginStore(_folder["config.json"],
            """{"auths": {"https://a.test/v2/": {"username": "ci", "password": "token"}, "b.test": {}}}""");
        Assert.Equal(new RegistryCredentials("ci", "token"), store.Find("a.test"));
        Assert.Equal(s_login, store.Find("b.test"));
        Assert.Null(store.FindGiven("b.test"));
        Assert.Equal(s_login, new LoginStore(_folder["config.json"], "").Find("a.test"));
    }

    [Theory]
    [InlineData("bWU6cGFzczp3b3Jk", "line 1, column 1: not JSON")]
    [InlineData("""{"auths": {"a.test": {"auth": "pass:word"}}}""", "auths.\"a.test\".auth: expected USER:PASSWORD")]
    [InlineData("""{"auths": {"a.test": "bWU6cGFzczp3b3Jk"}}""", "auths.\"a.test\": expected an object")]
    [InlineData("""{"auths": {"a.test": {"auth": "bWU6cGFzczp3b3Jk", "auth": ""}}}""", "a member is there twice")]
    public void Malformed_environment_is_named_and_shows_no_secret(string json, string problem)
    {
        string text = Assert.Throws<ImageException>(
            () => new LoginStore(_folder["config.json"], json).Find("a.test")).ToString();
        Assert.Contains("DOCKER_AUTH_CONFIG: " + problem, text);
        Assert.DoesNotContain("pass:word", text);
        Assert.DoesNotContain(MePass, text);
    }

    [Fact]
    public void Variables_name_the_file_and_have_logins()
    {
        Write("{}");
        var variables = new Dictionary<string, string?>
        {
            ["DOCKER_CONFIG"] = _folder.Path,
            ["DOCKER_AUTH_CONFIG"] = $$"""{"auths": {"a.test": {"auth": "{{MePass}}"} } }""",
        };
        Assert.Equal(s_login, LoginStore.OfUser(name => variables.GetValueOrDefault(name)).Find("a.test"));
    }

    [Theory]
    [InlineData(null, "docker.io")]
    [InlineData("index.docker.io", "docker.io")]
    [InlineData("https://index.docker.io/v1/", "docker.io")]
    [InlineData("a.test:5000", "a.test:5000")]
    [InlineData("http://a.test:5000/v2/", "a.test:5000")]
    public void Server_is_a_host_or_a_url_of_it(string? server, string registry) =>
        Assert.Equal(registry, ServerName.RegistryOf(server));

    [Fact]
    public void File_is_where_docker_has_it()
    {
        var variables = new Dictionary<string, string?> { ["HOME"] = "/users/me" };
        string Find() => LoginStore.OfUser(name => variables.GetValueOrDefault(name)).FilePath;
        Assert.Equal("/users/me/.docker/config.json", Find());
        variables["DOCKER_CONFIG"] = "/etc/dc";
        Assert.Equal("/etc/dc/config.json", Find());
        variables.Clear();
        Assert.Equal("/root/.docker/config.json", Find());
    }

    public void Dispose() => _folder.Dispose();

    private void Write(string json) => File.WriteAllText(_folder["config.json"], json);

    /// <summary>docker-credential-keep, which keeps one login in a file beside it.</summary>
    private sealed class HelperOnPath : IDisposable
    {
        private readonly string? _before = Environment.GetEnvironmentVariable("PATH");

        public HelperOnPath(string folder)
        {
            string program = Path.Join(folder, "docker-credential-keep");
            File.WriteAllText(program,
                $$"""
                #!/bin/sh
                [ ! -e {{folder}}/broken ] || { cat {{folder}}/broken; exit 3; }
                [ "$1" = store ] && exec cat > {{folder}}/kept
                read -r server
                [ -e {{folder}}/kept ] || { echo credentials not found in native keychain; exit 1; }
                if [ "$1" = get ]; then cat {{folder}}/kept; else rm {{folder}}/kept; fi
                """);
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
            Environment.SetEnvironmentVariable("PATH", $"{folder}:{_before}");
        }

        public void Dispose() => Environment.SetEnvironmentVariable("PATH", _before);
    }
}
