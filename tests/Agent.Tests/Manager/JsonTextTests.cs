using System.Text;
using System.Text.Json;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Tests.Manager;

/// <summary>The library's reader as the witness of what our writer wrote.</summary>
public class JsonTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("\"quoted\" and \\ back\\slash\\")]
    [InlineData("\0\u0001\b\t\n\u000b\f\r\u001f\u007f")]
    [InlineData("grün, 日本, \U0001F6F6, \u2028\u2029")]
    [InlineData("</script>&'+")]
    public void A_text_comes_back_as_it_was(string text)
    {
        var json = new JsonText();
        json.WriteStartObject();
        json.WriteString(text, text);
        json.WriteStartArray("list");
        json.WriteStringValue(text);
        json.WriteStringValue("last");
        json.WriteEndArray();
        json.WriteEndObject();

        JsonElement read = JsonElement.Parse(json.Bytes.Span);
        Assert.Equal(text, read.GetProperty(text).GetString());
        Assert.Equal([text, "last"], read.GetProperty("list").EnumerateArray().Select(e => e.GetString()!));
    }

    [Fact]
    public void Control_characters_have_their_short_forms_where_json_has_one()
    {
        var json = new JsonText();
        json.WriteStartObject();
        json.WriteString("all", "\b\t\n\f\r\u000b");
        json.WriteEndObject();
        Assert.Equal("""{"all":"\b\t\n\f\r\u000b"}""", Encoding.UTF8.GetString(json.Bytes.Span));
    }

    [Fact]
    public void Half_a_surrogate_pair_becomes_the_replacement_character()
    {
        var json = new JsonText();
        json.WriteStartObject();
        json.WriteString("half", "a\ud83db");
        json.WriteEndObject();
        Assert.Equal("a\ufffdb", JsonElement.Parse(json.Bytes.Span).GetProperty("half").GetString());
    }

    [Fact]
    public void Numbers_truths_times_and_nesting_come_back_as_they_were()
    {
        DateTimeOffset time = new(2026, 2, 28, 23, 59, 58, 123, 456, TimeSpan.FromHours(-5.5));
        var json = new JsonText();
        json.WriteStartObject();
        json.WriteNumber("least", long.MinValue);
        json.WriteBoolean("yes", true);
        json.WriteStartObject("inner");
        json.WriteEndObject();
        json.WriteStartArray("rows");
        json.WriteStartObject();
        json.WriteTime("time", time);
        json.WriteEndObject();
        json.WriteStartObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteBoolean("no", false);
        json.WriteEndObject();

        JsonElement read = JsonElement.Parse(json.Bytes.Span);
        Assert.Equal(long.MinValue, read.GetProperty("least").GetInt64());
        Assert.True(read.GetProperty("yes").GetBoolean());
        Assert.False(read.GetProperty("no").GetBoolean());
        Assert.Empty(read.GetProperty("inner").EnumerateObject());
        Assert.Equal(2, read.GetProperty("rows").GetArrayLength());
        Assert.Equal(time, read.GetProperty("rows")[0].GetProperty("time").GetDateTimeOffset());
    }
}
