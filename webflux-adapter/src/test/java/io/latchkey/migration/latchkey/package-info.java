/** What the migration adds to the application. */
@NullMarked
package io.latchkey.migration.latchkey;

import org.jspecify.annotations.NullMarked;
