using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Skiff.System.Tests.Api;

/// <summary>One request of client-requests.txt, which tells how they are written.</summary>
/// <param name="Section">Those of a section follow one another.</param>
/// <param name="Status">What it is answered with.</param>
/// <param name="Mode">'~': asked for until the answer is right; '&amp;': goes on beside those that follow.</param>
/// <param name="Method">The method.</param>
/// <param name="Path">The path.</param>
internal sealed record ClientRequest(string Section, int Status, char Mode, string Method, string Path)
{
    private readonly StringBuilder _body = new(), _headers = new();
    private readonly List<(string Member, string Sign, string Text)> _expected = [];

    /// <summary>All of them.</summary>
    public static List<ClientRequest> ReadAll()
    {
        List<ClientRequest> all = [];
        string section = "";
        foreach (string line in File.ReadLines(SkiffHost.Source("tests/System.Tests/Api/client-requests.txt")))
        {
            if (line.Length == 0 || line[0] == '#') continue;
            if (line[0] == '[') section = line.Trim('[', ']');
            else if (line[0] == ' ') all[^1].Take(line.Trim());
            else
            {
                string[] words = line.Split(' ', 3);
                all.Add(new ClientRequest(section, int.Parse(words[0][..3]), words[0].ElementAtOrDefault(3), words[1],
                    words[2]));
            }
        }
        return all;
    }

    /// <summary>Sends it, and reads the head of the answer.</summary>
    /// <param name="api">The agent.</param>
    /// <param name="names">What stands for words in braces; what the answer tells is added.</param>
    /// <returns>What is wrong with the answer when all of it has come; empty if nothing is.</returns>
    public Task<string> Send(ApiAgent api, Dictionary<string, string> names)
    {
        string path = Regex.Replace(Filled(Path, names), """[{}"\[\]]""", match => Uri.HexEscape(match.Value[0]));
        byte[] body = Encoding.UTF8.GetBytes(Filled(_body.ToString(), names));
        string type = body.Length > 0 ? "Content-Type: application/json\r\n" : "";
        Socket socket = api.Connect();
        socket.ReceiveTimeout = 0;
        var answer = new MemoryStream();
        socket.Send([.. Encoding.ASCII.GetBytes(
            $"{Method} {path} HTTP/1.0\r\n{type}{_headers}Content-Length: {body.Length}\r\n\r\n"), .. body]);
        byte[] one = new byte[1];
        while (answer.ToArray().AsSpan().IndexOf("\r\n\r\n"u8) < 0 && socket.Receive(one) > 0) answer.Write(one);
        return Task.Run(() =>
        {
            using var stream = new NetworkStream(socket, ownsSocket: true);
            stream.CopyTo(answer);
            return Problem(WholeAnswer.Parse($"[{Section}] {Method} {path}", answer.ToArray()), names);
        });
    }

    private string Problem(WholeAnswer answer, Dictionary<string, string> names)
    {
        string text = Encoding.UTF8.GetString(answer.Body);
        List<string> wrong = answer.Status == Status ? [] : [$"expected {Status}"];
        if (wrong.Count == 0)
            foreach (var (member, sign, value) in _expected)
            {
                string? found = member == "*" ? text : Member(JsonNode.Parse(text), Filled(member, names).Split(' '));
                if (found is null) wrong.Add($"no member {member}");
                else if (sign == "->") names[value] = found;
                else if (!Regex.IsMatch(found, Filled(value, names), RegexOptions.Multiline))
                    wrong.Add($"{member} = {found} instead of {value}");
            }
        return wrong.Count == 0 ? "" : $"{answer.Line}: {answer.Status}: {string.Join("; ", wrong)}\n{text}";
    }

    private void Take(string line)
    {
        if (line.StartsWith("| ", StringComparison.Ordinal)) _body.Append(line[2..]);
        else if (line.StartsWith("> ", StringComparison.Ordinal)) _headers.Append(line[2..] + "\r\n");
        else
        {
            Match match = Regex.Match(line, "^(.+?) (=|->) (.*)$");
            Assert.True(match.Success, $"client-requests.txt: {line}");
            _expected.Add((match.Groups[1].Value, match.Groups[2].Value, match.Groups[3].Value));
        }
    }

    // {name,} stands for the members of an object without its braces.
    private static string Filled(string text, Dictionary<string, string> names) =>
        Regex.Replace(text, @"\{([a-z]+)(,?)\}", match => match.Groups[2].Length > 0
            ? names[match.Groups[1].Value][1..^1] : names[match.Groups[1].Value]);

    private static string? Member(JsonNode? node, string[] way)
    {
        foreach (string name in way)
        {
            if (node is JsonArray list) node = int.Parse(name) < list.Count ? list[int.Parse(name)] : null;
            else if (node is not JsonObject members || !members.TryGetPropertyValue(name, out node)) return null;
        }
        return node is JsonValue value && value.TryGetValue(out string? text) ? text : node?.ToJsonString() ?? "null";
    }
}
