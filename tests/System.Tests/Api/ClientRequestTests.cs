using System.Diagnostics;

namespace Skiff.System.Tests.Api;

/// <summary>What programs ask for that are not here to be run, request by request (client-requests.txt).</summary>
public sealed class ClientRequestTests(ApiAgent api, ITestOutputHelper output) : IClassFixture<ApiAgent>
{
    private const int LimitSeconds = 60;

    private static readonly List<ClientRequest> s_requests = ClientRequest.ReadAll();

    /// <summary>The sections.</summary>
    public static TheoryData<string> Sections => [.. s_requests.Select(request => request.Section).Distinct()];

    [Theory, MemberData(nameof(Sections))]
    public async Task Requests_are_answered_as_their_client_expects(string section)
    {
        var names = new Dictionary<string, string>
        {
            ["image"] = api.Host.Busybox, ["began"] = $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}",
        };
        List<Task<string>> beside = [];
        List<string> problems = [];
        int count = 0;
        foreach (ClientRequest request in s_requests.Where(request => request.Section == section))
        {
            count++;
            names["now"] = $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 1}";
            if (request.Mode == '&')
            {
                beside.Add(request.Send(api, new Dictionary<string, string>(names)));
                continue;
            }
            string problem = await request.Send(api, names);
            for (var watch = Stopwatch.StartNew(); request.Mode == '~' && problem.Length > 0
                && watch.Elapsed.TotalSeconds < LimitSeconds; problem = await request.Send(api, names))
                await Task.Delay(100);
            if (problem.Length == 0) continue;
            problems.Add(problem);
            break;
        }
        if (problems.Count == 0) problems.AddRange((await Task.WhenAll(beside)).Where(problem => problem.Length > 0));
        output.WriteLine(ClientMatrixTests.Row(section.Split(": ")[0], section.Split(": ")[1], count - problems.Count,
            count));
        foreach (string id in api.Skiff("ps", "-aq").Lines.Where(line => line.Length > 0)) api.Remove(id);
        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }
}
