using System.Text;
using System.Text.Json;
using Skiff.Layers.Oci;

namespace Skiff.Layers.Tests.Oci;

public class ImageConfigTests
{
    private static readonly string s_a = "sha256:" + new string('a', 64);

    private static readonly string s_full = $$$"""
        {"created":"2024-05-06T07:08:09.123456789Z","author":"me","architecture":"arm","variant":"v7","os":"linux",
         "container":"x","docker_version":"1",
         "config":{"Hostname":"","User":"1000:10","ExposedPorts":{"80/tcp":{},"53/udp":{}},"Tty":false,
          "Env":["PATH=/bin","A=\u00e9"],"Cmd":["-f"],"Entrypoint":["/bin/sh","-c"],"ArgsEscaped":true,
          "Volumes":{"/data":{}},"WorkingDir":"/srv","Labels":{"a":"b","c":""},"StopSignal":"SIGQUIT","StopTimeout":7,
          "Healthcheck":{"Test":["CMD","true"],"Interval":1000000000,"Timeout":2,"StartPeriod":3,"StartInterval":4,
           "Retries":5},"OnBuild":["RUN x"],"Shell":["/bin/bash","-c"],"Unknown":{"deep":[1,{"x":[]}]}},
         "rootfs":{"type":"layers","diff_ids":["{{{s_a}}}"]},
         "history":[{"created":"2024-01-01T00:00:00Z","created_by":"ADD x","comment":"c"},
          {"created_by":"ENV","empty_layer":true}]}
        """;

    [Fact]
    public void Every_member_that_a_start_needs_is_read()
    {
        ImageConfig config = Parse(s_full);
        Assert.Equal(("arm", "v7", "linux", "me"), (config.Architecture, config.Variant, config.Os, config.Author));
        Assert.Equal(new DateTimeOffset(2024, 5, 6, 7, 8, 9, TimeSpan.Zero).AddTicks(1234567), config.Created);
        Assert.Equal([s_a], config.RootFs.DiffIds.Select(d => d.ToString()));
        ContainerDefaults c = config.Config;
        Assert.Equal(["PATH=/bin", "A=é"], c.Env!);
        Assert.Equal(["/bin/sh", "-c"], c.Entrypoint!);
        Assert.Equal(["-f"], c.Cmd!);
        Assert.Equal(["80/tcp", "53/udp"], c.ExposedPorts!.Keys);
        Assert.Equal(["/data"], c.Volumes!.Keys);
        Assert.Equal(("1000:10", "/srv", "SIGQUIT", 7), (c.User, c.WorkingDir, c.StopSignal, c.StopTimeoutSeconds));
        Assert.Equal("b", c.Labels!["a"]);
        Assert.True(c.ArgsEscaped);
        Assert.Equal(["RUN x"], c.OnBuild!);
        Assert.Equal(["/bin/bash", "-c"], c.Shell!);
        Assert.Equal(["CMD", "true"], c.Healthcheck!.Test!);
        Assert.Equal(1_000_000_000, c.Healthcheck.IntervalNs);
        Assert.Equal(5, c.Healthcheck.Retries);
        Assert.Equal(["ADD x", "ENV"], config.History!.Select(h => h.CreatedBy!));
        Assert.True(config.History![1].EmptyLayer);
    }

    [Fact]
    public void Reading_by_hand_agrees_with_the_generated_serializer()
    {
        ImageConfig byHand = Parse(s_full);
        ImageConfig generated = JsonSerializer.Deserialize(s_full, OciJson.Default.ImageConfig)!;
        Assert.Equal(
            JsonSerializer.Serialize(generated, OciJson.Default.ImageConfig),
            JsonSerializer.Serialize(byHand, OciJson.Default.ImageConfig));
    }

    [Fact]
    public void Nulls_stand_for_nothing()
    {
        ImageConfig config = Parse("""
            {"architecture":"amd64","os":"linux","created":null,"config":{"Env":null,"Cmd":null,"Labels":null,
             "Volumes":null,"Entrypoint":null,"Healthcheck":null,"User":null},
             "rootfs":{"type":"layers","diff_ids":null},"history":null}
            """);
        Assert.Null(config.Config.Env);
        Assert.Empty(config.RootFs.DiffIds);
        Assert.NotNull(Parse("""{"config":null,"rootfs":{"type":"layers"}}""").Config);
    }

    [Theory]
    [InlineData("[]", "expected an object")]
    [InlineData("null", "expected an object")]
    [InlineData("{}", "no rootfs")]
    [InlineData("""{"rootfs":{"type":"bricks"}}""", "bricks")]
    [InlineData("""{"rootfs":{"type":"layers","diff_ids":["md5:1"]}}""", "bad digest")]
    [InlineData("""{"rootfs":{"type":"layers"},"config":{"Env":{}}}""", "Env: expected an array of strings")]
    [InlineData("""{"rootfs":{"type":"layers"},"config":{"Env":[1]}}""", "Env: expected an array of strings")]
    [InlineData("""{"rootfs":{"type":"layers"},"config":{"User":1}}""", "User: expected a string")]
    [InlineData("""{"rootfs":{"type":"layers"},"config":{"StopTimeout":"x"}}""", "StopTimeout: expected a number")]
    [InlineData("""{"rootfs":{"type":"layers"}} {}""", "malformed")]
    public void Bad_config_is_refused_with_its_reason(string json, string reason) =>
        Assert.Contains(reason, Assert.Throws<ImageException>(() => Parse(json)).Message);

    [Fact]
    public void Config_cut_off_anywhere_is_refused()
    {
        byte[] json = Encoding.UTF8.GetBytes(s_full);
        for (int i = 0; i < json.Length; i++)
            Assert.Throws<ImageException>(() => ImageConfig.Parse(json.AsSpan(0, i)));
    }

    [Fact]
    public void Config_with_any_byte_changed_is_read_or_refused()
    {
        byte[] json = Encoding.UTF8.GetBytes(s_full);
        byte[] others = [(byte)'{', (byte)']', (byte)'"', (byte)'0', (byte)',', 0, 0xFF];
        foreach (byte b in others)
            for (int i = 0; i < json.Length; i++)
            {
                byte[] changed = [.. json];
                changed[i] = b;
                Exception? e = Record.Exception(() => ImageConfig.Parse(changed));
                Assert.True(e is null or ImageException, $"byte {i} as {b}: {e}");
            }
    }

    private static ImageConfig Parse(string json) => ImageConfig.Parse(Encoding.UTF8.GetBytes(json));
}
