# SPDX-License-Identifier: MIT
# java: just-in-time code, threads, garbage collection, safepoints.
# needs: java javac
# long
# output: fixed
cat > Main.java <<'END'
import java.util.stream.*;
public class Main {
	public static void main(String[] args) throws Exception {
		System.out.println(IntStream.range(0, 100000).parallel()
			.mapToLong(i -> i * 3L).sum());
		Thread thread = new Thread(() -> System.out.println("thread"));
		thread.start();
		thread.join();
	}
}
END
javac Main.java && java -Xshare:auto Main
