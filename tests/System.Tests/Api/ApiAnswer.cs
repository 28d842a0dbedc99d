using System.Text;
using System.Text.Json.Nodes;

namespace Skiff.System.Tests;

/// <summary>What a request of the Engine API was answered.</summary>
/// <param name="Status">The status.</param>
/// <param name="Body">The body.</param>
/// <param name="Headers">The headers.</param>
public sealed record ApiAnswer(int Status, byte[] Body, Dictionary<string, string> Headers)
{
    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>Fails unless the answer has this status; the body as JSON, null when there is none.</summary>
    public JsonNode? Is(int status)
    {
        Assert.True(Status == status, $"expected {status}, got {Status}: {Text}");
        return Body.Length == 0 ? null : JsonNode.Parse(Body);
    }

    /// <summary>Fails unless it is an error of this status whose message has these words.</summary>
    public void Fails(int status, string words)
    {
        JsonNode error = Is(status)!;
        Assert.Equal(["message"], error.AsObject().Select(field => field.Key));
        Assert.Contains(words, (string?)error["message"]);
    }
}
