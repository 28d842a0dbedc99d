using System.Text;
using System.Text.Json;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Tests.Manager;

public class JsonFieldsTests
{
    // Around the lengths that are filled up with blanks, 241 to 512.
    [Fact]
    public void Records_of_every_length_are_read_as_they_are()
    {
        for (int length = 200; length < 600; length++)
        {
            string value = new('v', length - 12);
            byte[] json = Encoding.UTF8.GetBytes($"{{\"name\":\"{value}\"}}");
            Assert.Equal(length - 1, json.Length);
            Assert.Equal(value, JsonFields.Text(JsonFields.Parse(json), "name"));
        }
    }

    [Theory]
    [InlineData(250)]
    [InlineData(600)]
    public void What_is_cut_off_is_no_record(int length) => Assert.ThrowsAny<JsonException>(() =>
        JsonFields.Parse(Encoding.UTF8.GetBytes($"{{\"name\":\"{new string('v', length)}")));
}
