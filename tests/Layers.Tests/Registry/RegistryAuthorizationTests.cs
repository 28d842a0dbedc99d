using System.Net;
using System.Text;
using Skiff.Layers.Oci;
using Skiff.Layers.Registry;
using Skiff.Layers.Registry.Configuration;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Registry;

public sealed class RegistryAuthorizationTests : IDisposable
{
    private const string Password = "pa55-w0rd", Identity = "id3ntity";

    private readonly TestRegistry _registry = new();
    private readonly ManualClock _clock = new();
    private RegistryCredentials? _login = new("me", Password);

    private int TokensSold => _registry.CountOf("/token");

    [Fact]
    public async Task Token_is_used_until_it_expires()
    {
        Sell(_ => """{"token":"T","expires_in":300}""");
        using RegistryTransport transport = Open();
        await GetAsync(transport);
        _clock.Pass(200);
        await GetAsync(transport);
        Assert.Equal(1, TokensSold);
        _clock.Pass(99);
        await GetAsync(transport);
        Assert.Equal(2, TokensSold);
    }

    [Theory]
    [InlineData("""{"token":"T"}""")]
    [InlineData("""{"token":"T","expires_in":-1}""")]
    [InlineData("""{"access_token":"T","expires_in":"never"}""")]
    public async Task Token_lives_a_minute_where_nothing_is_said(string response)
    {
        Sell(_ => response);
        using RegistryTransport transport = Open();
        await GetAsync(transport);
        _clock.Pass(50);
        await GetAsync(transport);
        Assert.Equal(1, TokensSold);
        _clock.Pass(10);
        await GetAsync(transport);
        Assert.Equal(2, TokensSold);
    }

    [Fact]
    public async Task Token_is_for_what_the_request_needs_and_for_what_the_registry_asks()
    {
        Sell(_ => """{"token":"T"}""", scope: "repository:b:pull registry:catalog:*");
        using RegistryTransport transport = Open();
        var mount = new RegistryRequest(
            HttpMethod.Post, "/v2/b/blobs/uploads/", RegistryRequest.Pull("b"), RegistryRequest.Pull("a"));
        (await transport.SendAsync(mount, default)).Dispose();
        Assert.Contains(
            "?service=reg&scope=repository%3Ab%3Apull&scope=registry%3Acatalog%3A%2A&scope=repository%3Aa%3Apull",
            _registry.Requests.ElementAt(1).Path);
        await GetAsync(transport);
        Assert.Equal(2, TokensSold);
    }

    [Fact]
    public async Task Identity_token_is_exchanged_by_post_and_is_not_in_the_url()
    {
        _login = new RegistryCredentials("", "") { IdentityToken = Identity };
        Sell(_ => """{"access_token":"T"}""");
        using RegistryTransport transport = Open();
        await GetAsync(transport);
        Request request = Assert.Single(_registry.Requests, r => r.Path == "/token");
        Assert.Equal(
            ("POST", "grant_type=refresh_token&client_id=skiff&refresh_token=id3ntity&service=reg"
                + "&scope=repository%3Aa%3Apull"),
            (request.Method, request.Body));
        Assert.Null(request["Authorization"]);
    }

    [Fact]
    public async Task Registry_token_is_sent_as_it_is()
    {
        _login = new RegistryCredentials("", "") { RegistryToken = "T" };
        Sell(_ => """{"token":"other"}""");
        using RegistryTransport transport = Open();
        await GetAsync(transport);
        Assert.Equal(0, TokensSold);
        Assert.Equal("Bearer T", _registry.Requests.Last()["Authorization"]);
    }

    [Fact]
    public async Task Login_asks_for_an_identity_token_with_the_password()
    {
        Sell(_ => """{"token":"T","refresh_token":"R"}""");
        using RegistryTransport transport = Open(offline: true);
        (await transport.SendAsync(new RegistryRequest(HttpMethod.Get, "/v2/"), default)).Dispose();
        Assert.Equal("R", transport.RefreshToken);
        Assert.EndsWith(
            "/token?service=reg&account=me&client_id=skiff&offline_token=true",
            _registry.Requests.ElementAt(1).Path);
    }

    [Theory]
    [InlineData("""{"token":"T"}""", Password, null)]
    [InlineData("""{"token":"T","refresh_token":"R"}""", "", "R")]
    public async Task Login_is_kept_as_the_token_server_wants_it(string response, string password, string? identity)
    {
        Sell(_ => response);
        Assert.Equal(
            new RegistryCredentials("me", password) { IdentityToken = identity },
            await RegistryLogin.VerifyAsync(Access(), _registry.Host, _login!, default));
    }

    [Fact]
    public async Task Login_that_is_not_taken_is_an_error()
    {
        _registry.Intercept = _ => Answer.Text(401, "").With("WWW-Authenticate", "Basic realm=\"r\"");
        var e = await Assert.ThrowsAsync<ImageException>(
            () => RegistryLogin.VerifyAsync(Access(), _registry.Host, _login!, default));
        Assert.Equal("unauthorized: incorrect username or password", e.Message);
        _registry.Intercept = request => request.Path.StartsWith("/token", StringComparison.Ordinal)
            ? Answer.Text(401, """{"details":"incorrect"}""") : Challenge();
        e = await Assert.ThrowsAsync<ImageException>(
            () => RegistryLogin.VerifyAsync(Access(), _registry.Host, _login!, default));
        Assert.Equal(
            $"authorization: token server {_registry.Host} answered 401; check the login of me (skiff login)",
            e.Message);
    }

    [Fact]
    public async Task Login_is_looked_up_once_and_only_when_it_is_wanted()
    {
        int asked = 0;
        using var transport = new RegistryTransport(
            _registry.Host, RegistryHost.Default, () => Count(ref asked), Options());
        _registry.Intercept = _ => Answer.Text(200, "");
        await GetAsync(transport);
        Assert.Equal(0, asked);
        Sell(_ => """{"token":"T"}""");
        await GetAsync(transport);
        await GetAsync(transport, "b");
        Assert.Equal((1, 2), (asked, TokensSold));

        RegistryCredentials? Count(ref int count)
        {
            count++;
            return _login;
        }
    }

    [Fact]
    public async Task Body_is_sent_again_with_the_answer_to_a_challenge()
    {
        Sell(_ => """{"token":"T"}""");
        using RegistryTransport transport = Open();
        var upload = new RegistryRequest(HttpMethod.Put, "/v2/a/blobs/uploads/1", RegistryRequest.Push("a"))
        {
            Content = () => new StringContent("the blob"),
        };
        (await transport.SendAsync(upload, default)).Dispose();
        Assert.Equal(["the blob", "", "the blob"], _registry.Requests.Select(r => r.Body));
    }

    [Fact]
    public async Task Answer_that_is_no_success_may_answer_the_question()
    {
        using RegistryTransport transport = Open();
        var ask = new RegistryRequest(HttpMethod.Head, "/v2/a/blobs/x", RegistryRequest.Pull("a"))
        {
            AlsoAnswers = [HttpStatusCode.NotFound],
        };
        using HttpResponseMessage response = await transport.SendAsync(ask, default);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("HEAD", Assert.Single(_registry.Requests).Method);
    }

    [Fact]
    public async Task Upload_that_may_have_arrived_is_not_repeated_but_renewed()
    {
        using RegistryTransport transport = Open();
        _registry.Intercept = request => Answer.Text(request.Path.EndsWith('1') ? 503 : 202, "");
        var chunk = new RegistryRequest(HttpMethod.Patch, "/v2/a/blobs/uploads/1")
        {
            Renew = _ => Task.FromResult(new RegistryRequest(HttpMethod.Patch, "/v2/a/blobs/uploads/2")),
        };
        (await transport.SendAsync(chunk, default)).Dispose();
        Assert.Equal(["/v2/a/blobs/uploads/1", "/v2/a/blobs/uploads/2"], _registry.Requests.Select(r => r.Path));
    }

    [Fact]
    public async Task Transfer_goes_on_with_a_new_token_when_the_old_one_is_refused()
    {
        byte[] blob = [.. Enumerable.Range(0, 100).Select(i => (byte)i)];
        var descriptor = new Descriptor { Digest = _registry.AddBlob("a", blob), Size = blob.Length };
        int serial = 0;
        Sell(_ => $$"""{"token":"T{{++serial}}"}""", isValid: header => header == $"Bearer T{serial}" && serial > 0,
            then: request => request["Range"] is null ? new Answer { Body = blob, BreakAfter = 40 } : null);
        using var client = new RegistryClient(_registry.Host, _login, Options());
        Reference reference = Reference.Parse($"{_registry.Host}/a:v1");
        using Stream first = await client.OpenBlob(reference, descriptor).OpenAsync(0, default);
        await first.ReadExactlyAsync(new byte[40]);
        serial++; // The registry has forgotten it.
        using Stream rest = await client.OpenBlob(reference, descriptor).OpenAsync(40, default);
        byte[] read = new byte[60];
        await rest.ReadExactlyAsync(read);
        Assert.Equal(blob[40..], read);
        Assert.Equal(2, TokensSold);
    }

    [Fact]
    public async Task Token_server_is_not_followed_elsewhere()
    {
        using var other = new TestRegistry();
        _registry.Intercept = request => request.Path.StartsWith("/token", StringComparison.Ordinal)
            ? Answer.Text(302, "").With("Location", $"http://{other.Host}/token") : Challenge();
        using RegistryTransport transport = Open();
        Assert.Contains("answered 302", (await FailAsync(transport)).ToString());
        Assert.Empty(other.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Servers_that_repeat_what_they_were_sent_give_no_secret_away(bool byTokenServer)
    {
        string secrets = Password + " " + Convert.ToBase64String(Encoding.UTF8.GetBytes("me:" + Password));
        _registry.Intercept = request => request.Path.StartsWith("/token", StringComparison.Ordinal)
            ? byTokenServer ? Echo(401, secrets) : Answer.Text(200, """{"token":"t0ken"}""")
            : request["Authorization"] is null ? Challenge() : Echo(403, secrets + " t0ken");
        using RegistryTransport transport = Open();
        string error = (await FailAsync(transport)).ToString();
        Assert.Contains(byTokenServer ? "you sent *** ***" : "you sent *** *** ***", error);
        Assert.All(["t0ken", .. secrets.Split(' ')], secret => Assert.DoesNotContain(secret, error));
    }

    public void Dispose() => _registry.Dispose();

    private static Answer Echo(int status, string text) =>
        Answer.Text(status, $$"""{"errors":[{"code":"DENIED","message":"you sent {{text}}"}]}""");

    private RegistryOptions Options() =>
        new() { RetryDelayMs = 1, Retries = 2, IdleTimeoutMs = 1000, Clock = _clock };

    private RegistryTransport Open(bool offline = false) =>
        new(_registry.Host, RegistryHost.Default, () => _login, Options(), offline);

    private RegistryAccess Access() => new(RegistryConfiguration.Load(null), null, Options());

    private static async Task GetAsync(RegistryTransport transport, string repository = "a") =>
        (await transport.SendAsync(RegistryRequest.Get($"/v2/{repository}/x", repository), default)).Dispose();

    private static Task<ImageException> FailAsync(RegistryTransport transport) =>
        Assert.ThrowsAsync<ImageException>(() => GetAsync(transport));

    private Answer Challenge(string? scope = null) => Answer.Text(401, "").With(
        "WWW-Authenticate", $"Bearer realm=\"http://{_registry.Host}/token\",service=\"reg\""
            + (scope is null ? "" : $",scope=\"{scope}\""));

    private void Sell(
        Func<Request, string> token, string? scope = null, Func<string?, bool>? isValid = null,
        Func<Request, Answer?>? then = null) =>
        _registry.Intercept = request =>
            request.Path.StartsWith("/token", StringComparison.Ordinal) ? Answer.Text(200, token(request))
            : !(isValid ?? (header => header == "Bearer T"))(request["Authorization"]) ? Challenge(scope)
            : then is not null ? then(request) : Answer.Text(200, "");

    private sealed class ManualClock : TimeProvider
    {
        private long _seconds = 1000;

        public override long TimestampFrequency => 1;

        public void Pass(int seconds) => _seconds += seconds;

        public override long GetTimestamp() => _seconds;
    }
}
