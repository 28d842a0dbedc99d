using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;

namespace Skiff.System.Tests.Api;

/// <summary>What the tests of networks, volumes and files need of an agent besides.</summary>
internal static class ApiRequests
{
    /// <summary>Fails unless the answer has this status; its JSON, or null when it has no body.</summary>
    public static JsonNode? Is(this ApiAnswer answer, int status) =>
        answer.Is((HttpStatusCode)status).Text.Length == 0 ? null : answer.Json;

    /// <summary>Fails unless it is an error of this status with these words in its message.</summary>
    public static void Fails(this ApiAnswer answer, int status, string words) =>
        answer.Fails((HttpStatusCode)status, words);

    /// <summary>Asks for what a filter lets through; it is JSON.</summary>
    public static ApiAnswer AskFiltered(this ApiAgent api, string method, string path, string filters) =>
        api.Ask(method, $"{path}?filters={Uri.EscapeDataString(filters)}");

    /// <summary>A request of HTTP/1.0 with any body; the answer is read to the end of the connection.</summary>
    public static WholeAnswer Send(
        this ApiAgent api, string method, string path, byte[]? body = null, string headers = "")
    {
        using Socket socket = api.Connect();
        string head = $"{method} {path} HTTP/1.0\r\n{headers}Content-Length: {body?.Length ?? 0}\r\n\r\n";
        try
        {
            socket.Send([.. Encoding.ASCII.GetBytes(head), .. body ?? []]);
        }
        catch (SocketException)
        {
            // It has answered before it had read all.
        }
        using var stream = new NetworkStream(socket);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return WholeAnswer.Parse($"{method} {path}", bytes.ToArray());
    }

    /// <summary>The lines of an answer that goes on.</summary>
    public static StreamReader Follow(this ApiAgent api, string path, string method = "GET")
    {
        Socket socket = api.Connect();
        socket.Send(Encoding.ASCII.GetBytes($"{method} {path} HTTP/1.0\r\n\r\n"));
        var reader = new StreamReader(new NetworkStream(socket, ownsSocket: true));
        Assert.EndsWith("200 OK", reader.ReadLine());
        while (reader.ReadLine() is { Length: > 0 })
        {
        }
        return reader;
    }

    /// <summary>Runs a shell script in which <c>docker</c> is the client.</summary>
    public static CommandResult Shell(this ApiAgent api, string script, params string[] arguments) => Command.Shell(
        $"set -o pipefail; docker() {{ {SkiffHost.Source("out/tools/engines/usr/bin/docker")} \"$@\"; }}\n{script}",
        new Dictionary<string, string?>
        {
            ["DOCKER_HOST"] = $"unix://{api.Socket}", ["HOME"] = api.Folder(),
        }, arguments);

    /// <summary>Where the agent's roots are.</summary>
    public static string Folder(this ApiAgent api) => Path.GetDirectoryName(api.Socket)!;

    /// <summary>Starts a container that waits; its name.</summary>
    public static string Started(this ApiAgent api, params string[] options)
    {
        string name = api.Host.NewName();
        api.Docker(["run", "-d", "--name", name, .. options, api.Host.Busybox, "sleep", "1000"]).Exits(0);
        return name;
    }

    /// <summary>Runs a shell script in a new container, which stays when it has ended; its name.</summary>
    public static string Ended(this ApiAgent api, string script)
    {
        string name = api.Host.NewName();
        api.Docker("run", "--name", name, api.Host.Busybox, "sh", "-ec", script).Exits(0);
        return name;
    }

    /// <summary>What a shell script prints in a running container.</summary>
    public static string In(this ApiAgent api, string name, string script) =>
        api.Skiff("exec", name, "sh", "-c", script).Text();

    /// <summary>Removes containers.</summary>
    public static void Remove(this ApiAgent api, params string[] names) =>
        api.Skiff(["rm", "-f", "-v", .. names]).Exits(0);
}

/// <summary>An answer with all that is in it.</summary>
/// <param name="Line">The request, for messages.</param>
/// <param name="Status">The status.</param>
/// <param name="Headers">The headers.</param>
/// <param name="Body">The body.</param>
internal sealed record WholeAnswer(string Line, int Status, Dictionary<string, string> Headers, byte[] Body)
{
    /// <summary>Splits what came.</summary>
    public static WholeAnswer Parse(string line, byte[] bytes)
    {
        int end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        Assert.True(end > 0, $"{line}: no answer: {Encoding.UTF8.GetString(bytes)}");
        string[] head = Encoding.ASCII.GetString(bytes, 0, end).Split("\r\n");
        return new WholeAnswer(line, int.Parse(head[0].Split(' ')[1]),
            head[1..].ToDictionary(field => field.Split(": ")[0], field => field.Split(": ")[1]), bytes[(end + 4)..]);
    }

    /// <summary>Fails unless it has this status.</summary>
    public WholeAnswer Is(int status)
    {
        Assert.True(Status == status, $"expected {status}: {Line}: {Status}: {Encoding.UTF8.GetString(Body)}");
        return this;
    }

    /// <summary>Fails unless it is an error of this status with these words in its message.</summary>
    public void Fails(int status, string words) =>
        Assert.Contains(words, (string)JsonNode.Parse(Is(status).Body)!["message"]!);
}
