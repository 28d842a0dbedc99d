using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Agent.Volumes;

namespace Skiff.Agent.Tests.Containers;

/// <summary>What is said about SELinux; that it holds is for the virtual machine.</summary>
public sealed class SelinuxTests
{
    [Theory]
    [InlineData("system_u:system_r:container_t:s0:c1,c2", "container_t", "s0:c1,c2")]
    [InlineData("system_u:system_r:container_t:s0-s0:c0.c1023", "container_t", "s0-s0:c0.c1023")]
    [InlineData("u:r:t", "t", "")]
    public void A_label_is_read_and_written(string text, string type, string level)
    {
        SelinuxLabel label = SelinuxLabel.Parse(text)!.Value;
        Assert.Equal((type, level, text), (label.Type, label.Level, label.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("unconfined")]
    [InlineData("u:r")]
    [InlineData("u::t:s0")]
    [InlineData("u:r:t:")]
    public void What_is_no_label_is_not_read(string text) => Assert.Null(SelinuxLabel.Parse(text));

    [Theory]
    [InlineData("", "system_u:system_r:container_t:s0", "system_u:object_r:container_file_t:s0")]
    [InlineData("process = \"a:b:c:s0\"\nfile = \"d:e:f:s0\"\nro_file = \"x:y:z:s0\"\n", "a:b:c:s0", "d:e:f:s0")]
    [InlineData("# process = \"a:b:c:s0\"\n file=\"d:e:f\"", "system_u:system_r:container_t:s0", "d:e:f")]
    [InlineData("process = \"nonsense\"", "system_u:system_r:container_t:s0", "system_u:object_r:container_file_t:s0")]
    public void The_policys_file_says_what_containers_are(string text, string process, string file)
    {
        SelinuxContexts contexts = SelinuxContexts.Parse(text);
        Assert.Equal((process, file), ($"{contexts.Process}", $"{contexts.File}"));
        string layers = text.Contains("ro_file") ? "x:y:z:s0" : "system_u:object_r:container_ro_file_t:s0";
        Assert.Equal(layers, $"{contexts.Layers}");
    }

    [Theory]
    [InlineData("user:x", "x:b:c:s0", "x:e:f:s0")]
    [InlineData("role:x", "a:x:c:s0", "d:e:f:s0")]
    [InlineData("type:x", "a:b:x:s0", "d:e:f:s0")]
    [InlineData("level:s0:c1,c2", "a:b:c:s0:c1,c2", "d:e:f:s0:c1,c2")]
    [InlineData("filetype:x", "a:b:c:s0", "d:e:x:s0")]
    [InlineData("nested", "a:b:c:s0", "d:e:f:s0")]
    public void An_option_changes_its_part_of_both_labels(string option, string process, string file)
    {
        var labels = SelinuxLabels.With(new("a", "b", "c", "s0"), new("d", "e", "f", "s0"), option);
        Assert.Equal((process, file), ($"{labels.Process}", $"{labels.File}"));
    }

    [Fact]
    public void No_two_containers_get_the_same_categories()
    {
        var taken = new HashSet<string>();
        // With so many, chance alone would not keep them apart.
        for (int i = 0; i < 5000; i++) Assert.True(taken.Add(SelinuxLabels.UniqueLevel(taken)));
        Assert.All(taken, level => Assert.Matches("^s0:c[0-9]{1,4},c[0-9]{1,4}$", level));
    }

    [Fact]
    public void When_no_categories_are_left_it_says_so()
    {
        var taken = new HashSet<string>();
        for (int b = 1; b < 1024; b++)
            for (int a = 0; a < b; a++) taken.Add($"s0:c{a},c{b}");
        Assert.Contains("label=level", Assert.Throws<UsageException>(() => SelinuxLabels.UniqueLevel(taken)).Message);
    }

    [Theory]
    [InlineData("/", true)]
    [InlineData("/etc", true)]
    [InlineData("/root", true)]
    [InlineData("/etc/app", false)]
    [InlineData("/srv/data", false)]
    public void What_the_host_cannot_do_without_is_never_labelled(string path, bool refused) =>
        Assert.Equal(refused, FileLabels.IsRefused(path));

    [Theory]
    [InlineData("/a:/b:z", "z", false)]
    [InlineData("/a:/b:ro,Z", "Z", true)]
    [InlineData("a1:/b", "", false)]
    public void A_mode_says_whose_the_files_will_be(string text, string relabel, bool readOnly)
    {
        MountSpec spec = VolumeSyntax.Parse(text);
        Assert.Equal((relabel, readOnly), (spec.Relabel, spec.ReadOnly));
    }
}
