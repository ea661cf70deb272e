// SPDX-License-Identifier: MIT
// The virtual machine stops computing threads at safepoints to collect garbage.
//
// build: javac -d $DIRECTORY $SOURCE
// needs: javac java
// command: java -XX:+UseSerialGC -Xmx64m -cp $DIRECTORY JavaSafepoints
// long
public class JavaSafepoints {
	static volatile boolean isOver;
	static final long[] passes = new long[2];

	static void compute(int me) {
		long value = 1, count = 0;
		while (!isOver) {
			value = value * 6364136223846793005L + count++;
			if ((count & 0xfffff) == 0)
				passes[me] = value;
		}
		passes[me] = count;
	}

	public static void main(String[] arguments) throws Exception {
		Thread[] threads = new Thread[2];
		for (int i = 0; i < 2; i++) {
			int me = i;
			threads[i] = new Thread(() -> compute(me));
			threads[i].start();
		}
		for (int i = 0; i < 4; i++) {
			byte[][] garbage = new byte[100][];
			for (int j = 0; j < 100; j++)
				garbage[j] = new byte[10000];
			System.gc();
			System.out.println("collected " + i + ", " + garbage.length);
		}
		isOver = true;
		for (int i = 0; i < 2; i++) {
			threads[i].join();
			System.out.println(passes[i]);
		}
		System.out.println("EXIT-SUCCESS");
	}
}
