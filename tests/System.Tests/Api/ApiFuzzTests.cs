using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Skiff.System.Tests.Api;

/// <summary>
/// Random requests at all operations of the published description, and bytes that are almost requests
/// (<c>make fuzz-api</c>): each is answered, a 500 has its cause in the agent's log, no fault of the program is behind
/// one, and nothing stays open. SKIFF_API_FUZZ is their number, SKIFF_SEED repeats a run.
/// </summary>
public sealed class ApiFuzzTests(SkiffHost host, ITestOutputHelper output)
{
    private const int HeadMs = 60_000;

    // What answers for as long as the client stays.
    private static readonly string[] s_streams = ["/events", "/attach", "/logs", "/stats", "/wait", "/exec/"];

    [Fact]
    public void Random_requests_are_answered_and_leave_nothing_open()
    {
        int seed = Number("SKIFF_SEED", Random.Shared.Next());
        int count = Number("SKIFF_API_FUZZ", 600);
        output.WriteLine($"fuzz: the API, seed {seed}");
        using var api = new ApiAgent(host);
        var requests = new FuzzRequests(new Random(seed), host.Busybox);
        requests.Use(api);
        int before = OpenFiles(api.Pid);
        var errors = new List<string>();
        var statuses = new SortedDictionary<string, int>();
        for (int i = 0; i < count; i++)
        {
            byte[] request = requests.Next(out bool isWhole);
            string status = Try(api, request, isWhole, errors);
            statuses[status] = statuses.GetValueOrDefault(status) + 1;
        }
        Wait.Until(() => OpenFiles(api.Pid) <= before + 8, $"descriptors are closed: {before} before");
        Assert.Equal(200, (int)api.Ask("GET", "/_ping").Status);
        string log = api.End().Error;
        Assert.True(!log.Contains("   at ", StringComparison.Ordinal), log);
        Assert.All(errors, error => Assert.Contains(error, log));
        output.WriteLine($"fuzz: the API: {count} requests: "
            + string.Join(", ", statuses.Select(pair => $"{pair.Value} of {pair.Key}")));
    }

    // The status; of a 500, its message goes to the errors.
    private static string Try(ApiAgent api, byte[] request, bool isWhole, List<string> errors)
    {
        string line = Encoding.Latin1.GetString(request);
        using Socket socket = api.Connect();
        socket.ReceiveTimeout = HeadMs;
        try
        {
            socket.Send(request);
            // Else what it waits for would never come.
            if (!isWhole) socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // It has answered before it had read all.
        }
        string answer = Read(socket, line, Array.Exists(s_streams, line.Split("\r\n")[0].Contains));
        if (answer.Length == 0)
        {
            // Nothing was said that could be answered.
            Assert.False(isWhole, $"no answer to {line}");
            return "none";
        }
        Assert.True(answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal), $"{line}: {answer}");
        string status = answer.Split(' ')[1];
        int body = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        // HEAD has an answer without words.
        if (status == "500") errors.Add(line.StartsWith("HEAD", StringComparison.Ordinal) ? "HEAD /"
            : (string)JsonNode.Parse(answer[body..])!["message"]!);
        return status;
    }

    private static string Read(Socket socket, string line, bool isStream)
    {
        byte[] buffer = new byte[65536];
        var text = new StringBuilder();
        try
        {
            for (int n; (n = socket.Receive(buffer)) > 0;)
            {
                text.Append(Encoding.Latin1.GetString(buffer, 0, n));
                if (isStream && text.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
                    socket.ReceiveTimeout = 50;
            }
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset)
        {
            // What it refused to read.
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
        {
            Assert.True(isStream, $"no end of the answer to {line}: {text}");
        }
        return text.ToString();
    }

    private static int OpenFiles(int pid) => Directory.GetFileSystemEntries($"/proc/{pid}/fd").Length;

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number)
            ? number : otherwise;
}
