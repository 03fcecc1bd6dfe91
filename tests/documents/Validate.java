import org.verapdf.cli.VeraPdfCli;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;

/** veraPDF's command line over its own parser: java -cp 'JARS/*' Validate.java --format text -f 2a FILE */
public class Validate {
    public static void main(String[] arguments) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        VeraPdfCli.main(arguments);
    }
}
