using Skiff.Agent.Cli;
using Skiff.Agent.Manager;

namespace Skiff.Agent.Tests.Cli;

/// <summary>The rows are what docker's own parser (spf13/pflag) does with the same words.</summary>
public sealed class ArgumentParserTests
{
    [Theory]
    [InlineData("web ls -l --rm", "", "web|ls|-l|--rm")]
    [InlineData("-it --rm web", "interactive=true tty=true rm=true", "web")]
    [InlineData("-itp8080:80 web", "interactive=true tty=true publish=8080:80", "web")]
    [InlineData("-p 1:1 -p2:2 -p=3:3 --publish 4:4 --publish=5:5 web", "publish=1:1,2:2,3:3,4:4,5:5", "web")]
    [InlineData("--name a --name=b web", "name=a,b", "web")]
    [InlineData("--name= web", "name=", "web")]
    [InlineData("-it=false web", "interactive=true tty=false", "web")]
    [InlineData("--rm=0 -i=F -t=True web", "rm=false interactive=false tty=true", "web")]
    [InlineData("-- -it web", "", "-it|web")]
    [InlineData("--rm -- web", "rm=true", "web")]
    [InlineData("- -it", "", "-|-it")]
    [InlineData("web -- ls", "", "web|--|ls")]
    [InlineData("--name -it web", "name=-it", "web")]
    [InlineData("-e A=B=C web", "env=A=B=C", "web")]
    [InlineData("-eA=B web", "env=A=B", "web")]
    [InlineData("-e=A=B web", "env=A=B", "web")]
    [InlineData("-h web1 web", "hostname=web1", "web")]
    public void Options_are_read_as_docker_reads_them(string line, string options, string positional)
    {
        ParsedArguments parsed = ArgumentParser.Parse(new SampleVerb(stop: true), Split(line));
        Assert.Equal(positional, string.Join('|', parsed.Positional));
        var given = SampleVerb.Table.Where(option => parsed.Has(option.Name))
            .ToDictionary(option => option.Name, option => string.Join(',', parsed.Values(option.Name)));
        var expected = options.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(pair => pair[..pair.IndexOf('=')], pair => pair[(pair.IndexOf('=') + 1)..]);
        Assert.Equal(expected, given);
    }

    [Fact]
    public void Other_verbs_take_options_anywhere()
    {
        ParsedArguments parsed = ArgumentParser.Parse(new SampleVerb(stop: false), Split("a --rm b -p 1:1 -- --rm"));
        Assert.Equal(["a", "b", "--rm"], parsed.Positional);
        Assert.True(parsed.Flag("rm"));
        Assert.Equal(["1:1"], parsed.Values("publish"));
    }

    [Theory]
    [InlineData("--foo web", "unknown flag: --foo")]
    [InlineData("--foo=1 web", "unknown flag: --foo")]
    [InlineData("-z web", "unknown shorthand flag: 'z' in -z")]
    [InlineData("-itz web", "unknown shorthand flag: 'z' in -z")]
    [InlineData("-zit web", "unknown shorthand flag: 'z' in -zit")]
    [InlineData("--name", "flag needs an argument: --name")]
    [InlineData("-itp", "flag needs an argument: 'p' in -p")]
    [InlineData("--=a web", "bad flag syntax: --=a")]
    [InlineData("---rm web", "bad flag syntax: ---rm")]
    [InlineData("--rm=maybe web",
        "invalid argument \"maybe\" for \"--rm\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax")]
    [InlineData("-t=maybe web",
        "invalid argument \"maybe\" for \"-t, --tty\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax")]
    public void Wrong_options_exit_with_125_and_dockers_words(string line, string message)
    {
        UsageException e =
            Assert.Throws<UsageException>(() => ArgumentParser.Parse(new SampleVerb(stop: true), Split(line)));
        Assert.Equal($"{message}\nSee 'skiff sample --help'.", e.Message);
        Assert.Equal(125, e.ExitCode);
    }

    [Theory]
    [InlineData(1, int.MaxValue, "", "requires at least 1 argument.")]
    [InlineData(2, int.MaxValue, "a", "requires at least 2 arguments.")]
    [InlineData(1, 1, "a b", "requires exactly 1 argument.")]
    [InlineData(2, 2, "a", "requires exactly 2 arguments.")]
    [InlineData(0, 0, "a", "accepts no arguments.")]
    [InlineData(0, 1, "a b", "requires at most 1 argument.")]
    [InlineData(1, 2, "a b c", "requires at least 1 and at most 2 arguments.")]
    public void A_wrong_number_of_arguments_is_told_with_the_usage(int least, int most, string line, string message)
    {
        var verb = new SampleVerb(stop: false) { Least = least, Most = most };
        UsageException e = Assert.Throws<UsageException>(() => ArgumentParser.Parse(verb, Split(line)));
        Assert.Equal($"\"skiff sample\" {message}\nSee 'skiff sample --help'.\n\n"
            + "Usage:  skiff sample [OPTIONS] IMAGE [COMMAND] [ARG...]\n\nTry the parser", e.Message);
        Assert.Equal(1, e.ExitCode);
    }

    [Theory]
    [InlineData("--help", true)]
    [InlineData("--rm --help --foo", true)]
    [InlineData("web --help", false)]
    [InlineData("-- --help", false)]
    public void Help_is_asked_for_before_the_first_argument(string line, bool help) =>
        Assert.Equal(help, ArgumentParser.Parse(new SampleVerb(stop: true), Split(line)).HelpRequested);

    [Theory]
    [InlineData("--pids-limit 12", 12L)]
    [InlineData("--pids-limit=-1", -1L)]
    [InlineData("", null)]
    public void Numbers_are_read(string line, long? number) =>
        Assert.Equal(number,
            ArgumentParser.Parse(new SampleVerb(stop: true), Split(line + " web")).Number("pids-limit"));

    [Fact]
    public void A_number_that_is_none_is_refused_in_gos_words()
    {
        ParsedArguments parsed = ArgumentParser.Parse(new SampleVerb(stop: true), Split("--pids-limit ten web"));
        UsageException e = Assert.Throws<UsageException>(() => parsed.Number("pids-limit"));
        Assert.Equal("invalid argument \"ten\" for \"--pids-limit\" flag: strconv.ParseInt: parsing \"ten\": "
            + "invalid syntax", e.Message);
    }

    private static string[] Split(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
