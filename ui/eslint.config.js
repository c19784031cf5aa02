import hooks from 'eslint-plugin-react-hooks'
import tseslint from 'typescript-eslint'

// Imports across folders are written `@/folder/…`, so the arrows between folders are patterns of import paths.
const deny = (message, ...group) => ({
  'no-restricted-imports': ['error', { patterns: [{ group, message }] }],
})

export default tseslint.config(
  { ignores: ['dist', 'shots', 'node_modules', 'src/api/schema.ts'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'react-hooks': hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      'max-lines': ['error', { max: 250, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
    },
  },
  {
    files: ['src/lib/**'],
    rules: deny(
      'lib knows no screen and no component',
      '@/components/**',
      '@/grid/**',
      '@/graph/**',
      '@/features/**',
      '@/app/**',
      '../*/**',
    ),
  },
  {
    files: ['src/components/**', 'src/grid/**', 'src/graph/**'],
    rules: deny('components, grid and graph know no feature', '@/features/**', '@/app/**', '../../**'),
  },
  {
    files: ['src/features/**'],
    rules: deny(
      'features know neither each other nor the app; inside one, use a relative path',
      '@/features/**',
      '@/app/**',
      '../../**',
    ),
  },
  {
    files: ['src/**'],
    ignores: ['src/testing/**', 'src/**/*.test.*'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ImportDeclaration[source.value=/^@.testing/]',
          message: 'the fake API is for tests and development',
        },
      ],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        process: 'readonly',
        document: 'readonly',
        localStorage: 'readonly',
        matchMedia: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        setTimeout: 'readonly',
      },
    },
  },
)
