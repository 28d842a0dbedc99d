using Skiff.Agent.Rootless;

namespace Skiff.Agent.Tests.Rootless;

/// <summary>Which ids a user may give away, and how they become a map.</summary>
public class SubordinateIdsTests
{
    [Theory]
    [InlineData("me:100000:65536\n", "0:1000:1,1:100000:65536")]
    [InlineData("1000:7:3\n", "0:1000:1,1:7:3")]
    [InlineData("me:100:10\nother:5:5\n me:300:20 \n", "0:1000:1,1:100:10,11:300:20")]
    [InlineData("other:5:5\nme:x:5\nme:5\nme:5:0\nme:-1:5\n:1:1\nmeme:1:1\n", "0:1000:1")]
    public void Lines_of_a_user_follow_the_users_own_id(string file, string map)
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, file);
        Assert.Equal(map, SubordinateIds.Map(1000, SubordinateIds.Read(path, "me", 1000)).ToString());
        File.Delete(path);
    }

    [Fact]
    public void A_user_without_a_name_or_a_file_has_none()
    {
        Assert.Empty(SubordinateIds.Read("/nonexistent/subuid", "me", 1000));
        string path = Path.GetTempFileName();
        File.WriteAllText(path, ":1:1\n");
        Assert.Empty(SubordinateIds.Read(path, "", 1000));
        File.Delete(path);
    }
}
